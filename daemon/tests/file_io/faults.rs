//! The faults that tests ask for.

use chaosgated::contract::{
    FileAttributes, FileError, FileIoFault, FileLatency, FileMethod, FileMistake, InjectRequest, inject_request,
};

use crate::client::by_pid;
use crate::daemon::Site;

/// On everything below the volume, always.
pub fn on(volume: &str) -> FileIoFault {
    FileIoFault { volume_path: volume.to_owned(), percent: 100.0, seed: 42, ..Default::default() }
}

pub fn latency(volume: &str, ms: u64, methods: &[FileMethod]) -> FileIoFault {
    FileIoFault { latency: Some(FileLatency { delay_us: ms * 1000 }), ..only(on(volume), methods) }
}

pub fn error(volume: &str, errno: i32, methods: &[FileMethod]) -> FileIoFault {
    FileIoFault { error: Some(FileError { errno: errno as u32 }), ..only(on(volume), methods) }
}

pub fn attributes(volume: &str, attributes: FileAttributes) -> FileIoFault {
    FileIoFault { attributes: Some(attributes), ..on(volume) }
}

pub fn zeros(volume: &str, method: FileMethod) -> FileIoFault {
    let mistake = FileMistake { filling: 1, max_occurrences: 1, max_length: 1, alters_data: method == FileMethod::Write };
    FileIoFault { mistake: Some(mistake), ..only(on(volume), &[method]) }
}

pub fn only(fault: FileIoFault, methods: &[FileMethod]) -> FileIoFault {
    FileIoFault { methods: methods.iter().map(|method| *method as i32).collect(), ..fault }
}

pub fn request(site: &Site, fault: &str, pid: u32, file_io: FileIoFault) -> InjectRequest {
    InjectRequest {
        ticket: site.sign(&site.claims()),
        run_id: "t1-0".to_owned(),
        fault_id: fault.to_owned(),
        epoch: 1,
        victim: Some(by_pid(pid)),
        deadline_us: 50_000_000,
        fault: Some(inject_request::Fault::FileIo(file_io)),
    }
}
