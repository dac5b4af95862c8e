//! The files that the kernel knows by number, and the names by which we find them again. Pure: paths and numbers, no system call.
//! Names are kept and not descriptors, because a descriptor dies with its process and costs one for each file ever looked at.

use std::collections::HashMap;
use std::fs::File;
use std::os::fd::OwnedFd;
use std::sync::Arc;

use super::wire::ROOT;

/// A file on its file system.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Inode {
    pub device: u64,
    pub number: u64,
}

#[derive(Debug)]
struct Node {
    inode: Inode,
    /// How often the kernel was told of it, less what it forgot.
    lookups: u64,
    /// Directory and name, newest last; more than one for hard links. Empty: deleted.
    names: Vec<(u64, Box<[u8]>)>,
    /// Files that are open on it, oldest first.
    open: Vec<u64>,
    /// The kernel reads and writes it itself, under this number, for as long as it is open.
    backing: Option<u32>,
    /// The file itself once its last name is gone: the kernel forgets it unless somebody works in it, maps it or holds its path.
    kept: Option<Arc<File>>,
}

/// An open file or directory of the kernel's.
#[derive(Debug, Clone)]
pub struct Handle {
    pub node: u64,
    pub file: Arc<File>,
}

#[derive(Debug)]
pub struct Nodes {
    nodes: HashMap<u64, Node>,
    by_inode: HashMap<Inode, u64>,
    handles: HashMap<u64, Handle>,
    next_node: u64,
    next_handle: u64,
}

/// Where a file is to be found: relative paths below the volume, and a file that is open on it.
#[derive(Debug, Default)]
pub struct Whereabouts {
    pub paths: Vec<Vec<u8>>,
    pub inode: Option<Inode>,
    pub open: Option<Arc<File>>,
}

/// A name that the kernel has come to know: what a server that takes over must know too.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    pub node: u64,
    pub inode: Inode,
    pub parent: u64,
    pub name: Vec<u8>,
}

/// A volume deeper than this cannot be named by a path anyway.
const DEEPEST: usize = 2048;

impl Nodes {
    pub fn new(root: Inode) -> Nodes {
        let mut nodes = Nodes {
            nodes: HashMap::new(),
            by_inode: HashMap::new(),
            handles: HashMap::new(),
            next_node: ROOT + 1,
            next_handle: 1,
        };
        nodes
            .nodes
            .insert(ROOT, Node { inode: root, lookups: 1, names: Vec::new(), open: Vec::new(), backing: None, kept: None });
        nodes.by_inode.insert(root, ROOT);
        nodes
    }

    /// What another server had agreed with the kernel on a file that is open.
    pub fn back(&mut self, id: u64, backing: Option<u32>) {
        if let Some(node) = self.nodes.get_mut(&id) {
            node.backing = backing;
        }
    }

    /// Every file that the kernel reads and writes itself.
    pub fn all_backed(&self) -> impl Iterator<Item = (u64, u32)> {
        self.nodes.iter().filter_map(|(id, node)| Some((*id, node.backing?)))
    }

    /// The kernel learns of the file under this name. Also says what is new in that.
    pub fn look_up(&mut self, parent: u64, name: &[u8], inode: Inode) -> (u64, Option<Named>) {
        let known = self.by_inode.get(&inode).copied();
        // A deleted file's number may be another file's by now, if nobody has it open.
        let known = known.filter(|id| self.nodes.get(id).is_some_and(|node| *id == ROOT || !node.names.is_empty()));
        let id = known.unwrap_or_else(|| self.add(inode));
        let node = self.nodes.get_mut(&id).expect("known or just added");
        node.lookups += 1;
        let is_known = node.names.last().is_some_and(|(of, last)| *of == parent && **last == *name);
        if id == ROOT || is_known {
            return (id, None);
        }
        node.names.retain(|(of, old)| *of != parent || **old != *name);
        node.names.push((parent, name.into()));
        node.kept = None;
        (id, Some(Named { node: id, inode, parent, name: name.to_vec() }))
    }

    fn add(&mut self, inode: Inode) -> u64 {
        let id = self.next_node;
        self.next_node += 1;
        self.nodes.insert(id, Node { inode, lookups: 0, names: Vec::new(), open: Vec::new(), backing: None, kept: None });
        self.by_inode.insert(inode, id);
        id
    }

    /// What another server had told the kernel. It may have forgotten since, which costs memory and nothing else.
    pub fn remember(&mut self, named: &Named) {
        let node = self.nodes.entry(named.node).or_insert_with(|| Node {
            inode: named.inode,
            lookups: 1 << 32,
            names: Vec::new(),
            open: Vec::new(),
            backing: None,
            kept: None,
        });
        node.inode = named.inode;
        node.names.retain(|(of, old)| *of != named.parent || **old != *named.name);
        node.names.push((named.parent, named.name.as_slice().into()));
        self.by_inode.insert(named.inode, named.node);
        self.next_node = self.next_node.max(named.node + 1);
    }

    /// All that `remember` needs to know of the files that are known now.
    pub fn all(&self) -> impl Iterator<Item = Named> {
        self.nodes.iter().flat_map(|(id, node)| {
            let named = |(parent, name): &(u64, Box<[u8]>)| Named {
                node: *id,
                inode: node.inode,
                parent: *parent,
                name: name.to_vec(),
            };
            node.names.iter().map(named)
        })
    }

    /// Gives back what was kept of the file: letting go of a long one that is deleted takes its file system a while, for which nobody
    /// shall wait who only wants a name.
    #[must_use = "to be let go of when others can go on"]
    pub fn forget(&mut self, id: u64, times: u64) -> Option<Arc<File>> {
        let node = self.nodes.get_mut(&id)?;
        node.lookups = node.lookups.saturating_sub(times);
        if id == ROOT || node.lookups > 0 || !node.open.is_empty() {
            return None;
        }
        let node = self.nodes.remove(&id)?;
        if self.by_inode.get(&node.inode) == Some(&id) {
            self.by_inode.remove(&node.inode);
        }
        node.kept
    }

    /// The name is gone; the file may have others, or be open.
    pub fn unname(&mut self, parent: u64, name: &[u8], inode: Inode) {
        if let Some(node) = self.by_inode.get(&inode).and_then(|id| self.nodes.get_mut(id)) {
            node.names.retain(|(of, old)| *of != parent || **old != *name);
        }
    }

    /// What has no name any more is held until the kernel forgets it.
    pub fn keep_nameless(&mut self, inode: Inode, file: OwnedFd) {
        if let Some(node) = self.by_inode.get(&inode).and_then(|id| self.nodes.get_mut(id))
            && node.names.is_empty()
        {
            node.kept = Some(Arc::new(file.into()));
        }
    }

    /// The file is found under another name from now on.
    pub fn rename(&mut self, from: (u64, &[u8]), to: (u64, &[u8]), inode: Inode) -> Option<Named> {
        let id = *self.by_inode.get(&inode)?;
        let node = self.nodes.get_mut(&id)?;
        node.names.retain(|(of, old)| (*of != from.0 || **old != *from.1) && (*of != to.0 || **old != *to.1));
        node.names.push((to.0, to.1.into()));
        Some(Named { node: id, inode, parent: to.0, name: to.1.to_vec() })
    }

    /// The path below the volume, newest name first; None when it has none or its directory is unknown.
    pub fn path(&self, id: u64) -> Option<Vec<u8>> {
        let names = &self.nodes.get(&id)?.names;
        if id == ROOT {
            return Some(Vec::new());
        }
        names.iter().rev().find_map(|(parent, name)| self.path_of(*parent, name))
    }

    /// The path of a name in a directory.
    pub fn path_of(&self, parent: u64, name: &[u8]) -> Option<Vec<u8>> {
        let mut parts = vec![name];
        let mut at = parent;
        while at != ROOT {
            let (above, name) = self.nodes.get(&at)?.names.last()?;
            parts.push(name);
            at = *above;
            if parts.len() > DEEPEST {
                return None;
            }
        }
        parts.reverse();
        Some(parts.join(&b'/'))
    }

    /// Whether some file is known by this path below the volume.
    pub fn knows(&self, path: &[u8]) -> bool {
        let last = path.rsplit(|byte| *byte == b'/').next();
        let is_path = |(parent, name): &(u64, Box<[u8]>)| {
            Some(&**name) == last && self.path_of(*parent, name).is_some_and(|known| known == path)
        };
        path.is_empty() || self.nodes.values().flat_map(|node| &node.names).any(is_path)
    }

    pub fn find(&self, id: u64) -> Whereabouts {
        let Some(node) = self.nodes.get(&id) else { return Whereabouts::default() };
        let mut paths: Vec<Vec<u8>> =
            node.names.iter().rev().filter_map(|(parent, name)| self.path_of(*parent, name)).collect();
        if id == ROOT {
            paths.push(Vec::new());
        }
        let open = node.open.first().and_then(|handle| self.handles.get(handle)).map(|handle| Arc::clone(&handle.file));
        let open = open.or_else(|| node.kept.clone());
        Whereabouts { paths, inode: Some(node.inode), open }
    }

    /// A descriptor of it, O_PATH where nobody has it open; by the number under which the file is on its file system.
    pub fn held_on(&self, inode: Inode) -> Option<Arc<File>> {
        self.find(*self.by_inode.get(&inode)?).open
    }

    /// Whether somebody has the file open.
    pub fn is_open_on(&self, inode: Inode) -> bool {
        self.by_inode.get(&inode).is_some_and(|id| self.how_open(*id).0)
    }

    pub fn opened(&mut self, id: u64, file: File, backing: Option<u32>) -> u64 {
        let handle = self.next_handle;
        self.next_handle += 1;
        self.handles.insert(handle, Handle { node: id, file: Arc::new(file) });
        if let Some(node) = self.nodes.get_mut(&id) {
            node.open.push(handle);
            node.backing = node.backing.or(backing);
        }
        handle
    }

    pub fn handle(&self, handle: u64) -> Option<Handle> {
        self.handles.get(&handle).cloned()
    }

    /// Whether somebody has the file open, and under which number the kernel reads and writes it if it does so itself.
    pub fn how_open(&self, id: u64) -> (bool, Option<u32>) {
        self.nodes.get(&id).map_or((false, None), |node| (!node.open.is_empty(), node.backing))
    }

    /// If this was the last one open: the number of the file that the kernel needs no longer, and what `forget` gives back.
    pub fn released(&mut self, handle: u64) -> (Option<u32>, Option<Arc<File>>) {
        let Some(Handle { node: id, .. }) = self.handles.remove(&handle) else { return (None, None) };
        let Some(node) = self.nodes.get_mut(&id) else { return (None, None) };
        node.open.retain(|open| *open != handle);
        if !node.open.is_empty() {
            return (None, None);
        }
        (node.backing.take(), self.forget(id, 0))
    }

    pub fn len(&self) -> usize {
        self.nodes.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn inode(number: u64) -> Inode {
        Inode { device: 1, number }
    }

    #[test]
    fn a_file_is_found_by_every_name_and_lost_with_its_last() {
        let mut nodes = Nodes::new(inode(1));
        let (dir, _) = nodes.look_up(ROOT, b"dir", inode(2));
        let (file, _) = nodes.look_up(dir, b"a", inode(3));
        assert_eq!(nodes.path(file), Some(b"dir/a".to_vec()));
        assert!(nodes.knows(b"dir/a") && nodes.knows(b"dir") && !nodes.knows(b"a") && !nodes.knows(b"dir/b"));
        assert_eq!(nodes.look_up(ROOT, b"b", inode(3)).0, file, "a hard link is the same file");
        nodes.unname(ROOT, b"b", inode(3));
        assert_eq!(nodes.path(file), Some(b"dir/a".to_vec()));
        nodes.unname(dir, b"a", inode(3));
        assert_eq!(nodes.path(file), None);
        assert_ne!(nodes.look_up(ROOT, b"c", inode(3)).0, file, "its number may be another file's by now");
    }

    #[test]
    fn a_directory_that_moves_takes_what_is_in_it_along() {
        let mut nodes = Nodes::new(inode(1));
        let (dir, _) = nodes.look_up(ROOT, b"dir", inode(2));
        let (file, _) = nodes.look_up(dir, b"a", inode(3));
        nodes.rename((ROOT, b"dir"), (ROOT, b"moved"), inode(2));
        assert_eq!(nodes.path(file), Some(b"moved/a".to_vec()));
    }

    #[test]
    fn whoever_takes_over_finds_the_same_files() {
        let mut nodes = Nodes::new(inode(1));
        let (dir, _) = nodes.look_up(ROOT, b"dir", inode(2));
        let (file, _) = nodes.look_up(dir, b"a", inode(3));
        let mut heir = Nodes::new(inode(1));
        nodes.all().for_each(|named| heir.remember(&named));
        assert_eq!(heir.path(file), nodes.path(file));
        assert_eq!(heir.look_up(dir, b"a", inode(3)).0, file);
        assert!(heir.look_up(dir, b"b", inode(4)).0 > file, "a new file gets a number that nobody had");
    }

    #[test]
    fn what_has_no_name_is_held_until_the_kernel_forgets_it() {
        let mut nodes = Nodes::new(inode(1));
        let file = || OwnedFd::from(std::fs::File::open("/").expect("a root"));
        let (dir, _) = nodes.look_up(ROOT, b"dir", inode(2));
        nodes.keep_nameless(inode(2), file());
        assert!(nodes.held_on(inode(2)).is_none(), "it has a name, and is found by it");
        nodes.unname(ROOT, b"dir", inode(2));
        nodes.keep_nameless(inode(2), file());
        assert!(nodes.held_on(inode(2)).is_some() && nodes.find(dir).open.is_some());
        assert!(nodes.forget(dir, 1).is_some(), "whoever forgets it lets go of it, when it suits");
        assert!(nodes.held_on(inode(2)).is_none(), "it costs a descriptor no longer than it must");
    }

    #[test]
    fn what_the_kernel_forgets_is_forgotten_when_nobody_has_it_open() {
        let mut nodes = Nodes::new(inode(1));
        let (file, _) = nodes.look_up(ROOT, b"a", inode(3));
        let open = std::fs::File::open("/").expect("a root");
        let handle = nodes.opened(file, open, None);
        assert!(nodes.forget(file, 1).is_none());
        assert_eq!(nodes.len(), 2);
        nodes.released(handle);
        assert_eq!(nodes.len(), 1);
    }
}
