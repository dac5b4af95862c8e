//! The part of an answer that CRI leaves to each runtime: JSON under the key `info`, alike in containerd (pkg/cri, `ContainerInfo` and
//! `SandboxInfo`) and CRI-O (server, `createContainerInfo`) where we read it. Anything else in it is passed over.

use std::collections::HashMap;
use std::path::PathBuf;

use serde::Deserialize;

use crate::procfs;

const KEY: &str = "info";

#[derive(Debug, PartialEq, Eq, Deserialize)]
pub struct Container {
    pub pid: u32,
    #[serde(rename = "sandboxID")]
    pub sandbox: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Sandbox {
    pid: u32,
    #[serde(rename = "runtimeSpec")]
    spec: Spec,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Spec {
    linux: Linux,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Linux {
    namespaces: Vec<Namespace>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Namespace {
    r#type: String,
    path: PathBuf,
}

/// None when there is no pid: nothing can be done to a container without one.
pub fn of_container(info: &HashMap<String, String>) -> Option<Container> {
    let found: Container = serde_json::from_str(info.get(KEY)?).ok()?;
    (found.pid > 0).then_some(found)
}

/// Ways to the sandbox's network. None of them is believed before its inode is that of the container's own network.
pub fn paths_of_sandbox(info: &HashMap<String, String>) -> Vec<PathBuf> {
    // A runtime that says nothing here still has a container in that network, and that is a way too.
    let sandbox: Sandbox = info.get(KEY).and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
    let named = sandbox.spec.linux.namespaces.into_iter().find(|namespace| namespace.r#type == "network");
    let mut paths: Vec<PathBuf> = named.map(|namespace| namespace.path).filter(|path| path.is_absolute()).into_iter().collect();
    paths.extend((sandbox.pid > 0).then(|| procfs::netns_path(sandbox.pid)));
    paths
}

#[cfg(test)]
mod tests {
    use super::*;

    fn info(json: &str) -> HashMap<String, String> {
        HashMap::from([(KEY.to_owned(), json.to_owned())])
    }

    #[test]
    fn a_container_is_its_pid_and_its_sandbox() {
        let found = of_container(&info(r#"{"sandboxID":"ab","pid":7,"removing":false,"snapshotKey":"k","config":{}}"#));
        assert_eq!(found, Some(Container { pid: 7, sandbox: Some("ab".to_owned()) }));
        for useless in ["{}", r#"{"pid":0}"#, r#"{"pid":-1}"#, "torn", ""] {
            assert_eq!(of_container(&info(useless)), None, "{useless}");
        }
        assert_eq!(of_container(&HashMap::new()), None);
    }

    #[test]
    fn a_sandbox_leads_to_its_network_by_mount_and_by_process() {
        let json =
            r#"{"pid":9,"runtimeSpec":{"linux":{"namespaces":[{"type":"pid"},{"type":"network","path":"/run/netns/cni-1"}]}}}"#;
        assert_eq!(paths_of_sandbox(&info(json)), [PathBuf::from("/run/netns/cni-1"), procfs::netns_path(9)]);
        let relative = r#"{"runtimeSpec":{"linux":{"namespaces":[{"type":"network","path":"x"}]}}}"#;
        assert!(paths_of_sandbox(&info(relative)).is_empty() && paths_of_sandbox(&info("torn")).is_empty());
    }
}
