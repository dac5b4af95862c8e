//! From the message on the wire to a fault that cannot be out of range. The first mistake found is answered with its place.

use super::{
    ClockFault, ClockSet, CpuPressure, Fault, InvalidFault, LEAST_MEMORY, MOST_WORKERS, MemorySize, Percent, PressureFault,
    ProcessFault,
};
use crate::contract;

/// A hundred years of 365.25 days. Eight of them on one clock still fit a time_t of 64 bits.
const FARTHEST_OFFSET_NS: i64 = 3_155_760_000 * 1_000_000_000;

impl TryFrom<Option<contract::inject_request::Fault>> for Fault {
    type Error = InvalidFault;

    fn try_from(message: Option<contract::inject_request::Fault>) -> Result<Self, InvalidFault> {
        match message {
            None => Err(InvalidFault::NoFault),
            Some(contract::inject_request::Fault::Network(network)) => network.try_into().map(Fault::Network),
            Some(contract::inject_request::Fault::Process(process)) => process.try_into().map(Fault::Process),
            Some(contract::inject_request::Fault::Freeze(contract::FreezeFault {})) => Ok(Fault::Freeze),
            Some(contract::inject_request::Fault::Pressure(pressure)) => pressure.try_into().map(Fault::Pressure),
            Some(contract::inject_request::Fault::FileIo(file_io)) => file_io.try_into().map(Fault::FileIo),
            Some(contract::inject_request::Fault::Clock(clock)) => clock.try_into().map(Fault::Clock),
        }
    }
}

impl TryFrom<contract::ClockFault> for ClockFault {
    type Error = InvalidFault;

    fn try_from(message: contract::ClockFault) -> Result<Self, InvalidFault> {
        let contract::ClockFault { clocks, offset_ns } = message;
        if clocks == 0 || ClockSet::of_mask(clocks).mask() != clocks {
            return Err(InvalidFault::Clocks(clocks));
        }
        if offset_ns == 0 || offset_ns.unsigned_abs() > FARTHEST_OFFSET_NS.unsigned_abs() {
            return Err(InvalidFault::ClockOffset { raw: offset_ns, most: FARTHEST_OFFSET_NS });
        }
        Ok(ClockFault { clocks: ClockSet::of_mask(clocks), offset_ns })
    }
}

impl TryFrom<contract::ProcessFault> for ProcessFault {
    type Error = InvalidFault;

    fn try_from(message: contract::ProcessFault) -> Result<Self, InvalidFault> {
        match message.signal {
            libc::SIGKILL => Ok(ProcessFault::Kill),
            libc::SIGTERM => Ok(ProcessFault::Terminate),
            other => Err(InvalidFault::Signal(other)),
        }
    }
}

impl TryFrom<contract::PressureFault> for PressureFault {
    type Error = InvalidFault;

    fn try_from(message: contract::PressureFault) -> Result<Self, InvalidFault> {
        let cpu = message.cpu.map(cpu_pressure).transpose()?;
        let memory = message.memory.map(memory_size).transpose()?;
        if cpu.is_none() && memory.is_none() {
            return Err(InvalidFault::PressureOfNothing);
        }
        Ok(PressureFault { cpu, memory })
    }
}

fn cpu_pressure(message: contract::CpuPressure) -> Result<CpuPressure, InvalidFault> {
    let contract::CpuPressure { workers, load } = message;
    let counted = u16::try_from(workers).ok().filter(|_| (1..=MOST_WORKERS).contains(&workers));
    let load_of_each = Percent::try_from(load).ok().filter(|load| !load.is_zero());
    Ok(CpuPressure {
        workers: counted.ok_or(InvalidFault::Workers(workers))?,
        load: load_of_each.ok_or(InvalidFault::Load(load))?,
    })
}

fn memory_size(message: contract::MemoryPressure) -> Result<MemorySize, InvalidFault> {
    match message.size {
        Some(contract::memory_pressure::Size::Bytes(bytes)) if bytes < LEAST_MEMORY => Err(InvalidFault::MemoryBytes(bytes)),
        Some(contract::memory_pressure::Size::Bytes(bytes)) => Ok(MemorySize::Bytes(bytes)),
        Some(contract::memory_pressure::Size::PercentOfLimit(raw)) => {
            let percent = Percent::try_from(raw).ok().filter(|percent| !percent.is_zero());
            percent.map(MemorySize::OfTheLimit).ok_or(InvalidFault::MemoryPercent(raw))
        }
        None => Err(InvalidFault::NoMemorySize),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_fault_names_clocks_that_can_be_skewed_and_by_how_much() {
        let said = |clocks, offset_ns| {
            let message = contract::ClockFault { clocks, offset_ns };
            ClockFault::try_from(message).map_or_else(|error| error.to_string(), |fault| format!("{:b}", fault.clocks.mask()))
        };
        assert_eq!(said(0b11, -150_000_000), "11");
        assert!(said(0, 1).starts_with("clock.clocks is 0x0"));
        assert!(said(0b101, 1).starts_with("clock.clocks is 0x5"), "CLOCK_PROCESS_CPUTIME_ID counts CPU time");
        assert!(said(1 << 12, 1).starts_with("clock.clocks is 0x1000"));
        for offset in [0, i64::MIN, i64::MAX, FARTHEST_OFFSET_NS + 1] {
            assert!(said(1, offset).starts_with("clock.offset_ns is"), "{offset}");
        }
    }

    #[test]
    fn a_pressure_of_nothing_or_beyond_its_range_is_refused() {
        use contract::memory_pressure::Size;
        let cpu = |workers, load| contract::PressureFault { cpu: Some(contract::CpuPressure { workers, load }), memory: None };
        let memory = |size| contract::PressureFault { cpu: None, memory: Some(contract::MemoryPressure { size }) };
        let cases = [
            (contract::PressureFault::default(), "set cpu, memory or both"),
            (cpu(0, 50.0), "workers is 0"),
            (cpu(257, 50.0), "workers is 257"),
            (cpu(1, 0.0), "load is 0"),
            (cpu(1, f32::NAN), "load is NaN"),
            (cpu(1, 101.0), "load is 101"),
            (memory(None), "set bytes or percent_of_limit"),
            (memory(Some(Size::Bytes(4096))), "bytes is 4096"),
            (memory(Some(Size::PercentOfLimit(0.0))), "percent_of_limit is 0"),
            (memory(Some(Size::PercentOfLimit(150.0))), "percent_of_limit is 150"),
        ];
        for (message, expected) in cases {
            let refused = PressureFault::try_from(message).expect_err(expected).to_string();
            assert!(refused.contains(expected), "expected {expected:?} in {refused:?}");
        }
        assert!(PressureFault::try_from(cpu(256, 100.0)).is_ok());
        assert!(PressureFault::try_from(memory(Some(Size::Bytes(LEAST_MEMORY)))).is_ok());
    }
}
