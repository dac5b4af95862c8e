//! The hooks for x86_64 (System V ABI). Each calls the original function and adds to what it wrote; where its clock is not skewed it
//! goes straight on into the original. Only registers that a called function may change are changed: rax, rcx, rdx, rdi, rsi, r11.

use std::ops::Range;

use iced_x86::code_asm::{CodeAssembler, dword_ptr, eax, ecx, edi, edx, qword_ptr, r11, rax, rcx, rdi, rdx, rsi, rsp};
use iced_x86::{
    BlockEncoder, BlockEncoderOptions, Code, Decoder, DecoderOptions, FlowControl, IcedError, Instruction, InstructionBlock,
    MemoryOperand, OpKind, Register,
};

use super::{Entry, HooksError, Made};
use crate::effect::clock::image::Image;
use crate::effect::clock::slots::{ENTRY_SHIFT, MICROSECONDS, TABLE};

/// jmp rel32.
const JUMP_BYTES: usize = 5;
const IN_FORCE: usize = 8;
const WALL: i32 = TABLE as i32;
const LAST_CLOCK: u32 = 11;
const COARSE_WALL: u32 = libc::CLOCK_REALTIME_COARSE as u32;
const NS_PER_S: u32 = 1_000_000_000;
const US_PER_S: u32 = 1_000_000;

impl From<IcedError> for HooksError {
    fn from(error: IcedError) -> HooksError {
        HooksError::Assemble(error.to_string())
    }
}

/// `slots` is where the cave's data begins, `code` where the code goes: offsets in the image.
pub fn assemble(image: &Image, slots: usize, code: usize) -> Result<Made, HooksError> {
    let mut writer = Writer { image, slots, next: code, code: Vec::new(), entries: Vec::new() };
    let clock_gettime = writer.moved("clock_gettime", &image.clock_gettime)?;
    writer.hook(&clock_gettime, hook_clock_gettime)?;
    if let Some(range) = &image.gettimeofday {
        let gettimeofday = writer.moved("gettimeofday", range)?;
        writer.hook(&gettimeofday, hook_gettimeofday)?;
    }
    if let Some(range) = &image.time {
        let time = writer.moved("time", range)?;
        writer.hook(&time, |asm, slots, original| hook_time(asm, slots, original, clock_gettime.original))?;
    }
    Ok(Made { entries: writer.entries, code: writer.code })
}

struct Writer<'a> {
    image: &'a Image,
    slots: usize,
    next: usize,
    code: Vec<u8>,
    entries: Vec<Entry>,
}

/// A function whose first instructions have a copy in the cave, behind which it goes on in its old place.
struct Moved {
    function: &'static str,
    moved: Range<usize>,
    copies: Vec<(usize, usize)>,
    /// The address of the copy: calling it is calling the function as it was.
    original: u64,
}

impl Writer<'_> {
    fn moved(&mut self, function: &'static str, range: &Range<usize>) -> Result<Moved, HooksError> {
        let instructions = prologue(self.image, function, range)?;
        let first = instructions.first().map_or(range.start, |first| first.ip() as usize);
        let end = instructions.last().map_or(range.start, |last| last.next_ip() as usize);
        let mut copied = instructions.clone();
        copied.push(Instruction::with_branch(Code::Jmp_rel32_64, end as u64)?);
        let options = BlockEncoderOptions::RETURN_NEW_INSTRUCTION_OFFSETS;
        let block = InstructionBlock::new(&copied, self.next as u64);
        let encoded = BlockEncoder::encode(64, block, options)?;
        let places = encoded.new_instruction_offsets.iter().map(|offset| self.next + *offset as usize);
        let copies = instructions.iter().map(|instruction| instruction.ip() as usize).zip(places).collect();
        let original = self.next as u64;
        self.put(&encoded.code_buffer);
        Ok(Moved { function, moved: first..end, copies, original })
    }

    fn hook(
        &mut self,
        of: &Moved,
        write: impl FnOnce(&mut CodeAssembler, u64, u64) -> Result<(), IcedError>,
    ) -> Result<(), HooksError> {
        let mut asm = CodeAssembler::new(64)?;
        write(&mut asm, self.slots as u64, of.original)?;
        let target = self.next as u64;
        let bytes = asm.assemble(target)?;
        self.put(&bytes);
        let Moved { function, moved, copies, .. } = of;
        let jump = jump(moved.start, target);
        self.entries.push(Entry { function, moved: moved.clone(), jump, copies: copies.clone() });
        Ok(())
    }

    fn put(&mut self, bytes: &[u8]) {
        self.code.extend_from_slice(bytes);
        let padded = self.code.len().next_multiple_of(16);
        self.next += padded - (self.code.len() - bytes.len());
        self.code.resize(padded, 0);
    }
}

/// The whole instructions that give way to the jump. Behind a leading endbr64, which has to stay the target of indirect calls.
fn prologue(image: &Image, function: &'static str, range: &Range<usize>) -> Result<Vec<Instruction>, HooksError> {
    let refused = |why| HooksError::Prologue { function, why };
    let all: Vec<Instruction> =
        Decoder::with_ip(64, &image.bytes[range.clone()], range.start as u64, DecoderOptions::NONE).into_iter().collect();
    let landing = usize::from(all.first().is_some_and(|first| first.code() == Code::Endbr64));
    let mut bytes = 0;
    let moved: Vec<Instruction> = all[landing..]
        .iter()
        .take_while(|instruction| {
            let is_needed = bytes < JUMP_BYTES;
            bytes += instruction.len();
            is_needed
        })
        .copied()
        .collect();
    if moved.iter().map(Instruction::len).sum::<usize>() < JUMP_BYTES {
        return Err(refused("the function is too short"));
    }
    if moved.iter().any(|instruction| instruction.is_invalid() || instruction.flow_control() != FlowControl::Next) {
        return Err(refused("one of them branches"));
    }
    let inside = moved[0].ip() + 1..moved[moved.len() - 1].next_ip();
    if all.iter().any(|instruction| is_near_branch(instruction) && inside.contains(&instruction.near_branch_target())) {
        return Err(refused("something jumps between them"));
    }
    Ok(moved)
}

fn is_near_branch(instruction: &Instruction) -> bool {
    instruction.op_count() > 0
        && matches!(instruction.op0_kind(), OpKind::NearBranch16 | OpKind::NearBranch32 | OpKind::NearBranch64)
}

fn jump(from: usize, target: u64) -> Vec<u8> {
    // An image has a few pages, so the distance fits.
    let distance = target as i64 - (from + JUMP_BYTES) as i64;
    [&[0xe9][..], &(distance as i32).to_le_bytes()].concat()
}

/// r11 = the block in force. Everything else is as the caller left it, but for rax.
fn load_block(asm: &mut CodeAssembler, slots: u64) -> Result<(), IcedError> {
    let relative = MemoryOperand::with_base_displ(Register::RIP, slots as i64);
    asm.add_instruction(Instruction::with2(Code::Lea_r64_m, Register::R11, relative)?)?;
    asm.mov(eax, dword_ptr(r11 + IN_FORCE))?;
    asm.add(r11, rax)
}

/// Calls, and then wipes the return address off the dead part of the stack: an address of the cave on a stack means that somebody
/// will return there, and whoever restores has to wait for that one.
fn call(asm: &mut CodeAssembler, function: u64) -> Result<(), IcedError> {
    asm.call(function)?;
    asm.mov(qword_ptr(rsp - 8), 0)
}

/// int clock_gettime(clockid_t edi, struct timespec *rsi)
fn hook_clock_gettime(asm: &mut CodeAssembler, slots: u64, original: u64) -> Result<(), IcedError> {
    let (mut skewed, mut no_carry, mut done) = (asm.create_label(), asm.create_label(), asm.create_label());
    load_block(asm, slots)?;
    asm.cmp(edi, LAST_CLOCK)?;
    let mut as_it_was = asm.create_label();
    asm.ja(as_it_was)?;
    asm.mov(eax, dword_ptr(r11))?;
    asm.bt(eax, edi)?;
    asm.jb(skewed)?;
    asm.set_label(&mut as_it_was)?;
    asm.jmp(original)?;

    asm.set_label(&mut skewed)?;
    asm.mov(eax, edi)?;
    asm.shl(eax, ENTRY_SHIFT)?;
    asm.lea(r11, qword_ptr(r11 + rax + WALL))?;
    asm.push(rsi)?;
    asm.push(r11)?;
    asm.sub(rsp, 8)?;
    call(asm, original)?;
    asm.add(rsp, 8)?;
    asm.pop(r11)?;
    asm.pop(rsi)?;
    asm.test(eax, eax)?;
    asm.jne(done)?;
    asm.mov(rdx, qword_ptr(rsi + 8))?;
    asm.mov(rcx, qword_ptr(r11))?;
    asm.add(rdx, qword_ptr(r11 + 8))?;
    asm.cmp(rdx, NS_PER_S as i32)?;
    asm.jl(no_carry)?;
    asm.sub(rdx, NS_PER_S as i32)?;
    asm.inc(rcx)?;
    asm.set_label(&mut no_carry)?;
    asm.add(qword_ptr(rsi), rcx)?;
    asm.mov(qword_ptr(rsi + 8), rdx)?;
    asm.set_label(&mut done)?;
    asm.ret()
}

/// int gettimeofday(struct timeval *rdi, struct timezone *rsi)
fn hook_gettimeofday(asm: &mut CodeAssembler, slots: u64, original: u64) -> Result<(), IcedError> {
    let (mut skewed, mut no_carry, mut done) = (asm.create_label(), asm.create_label(), asm.create_label());
    load_block(asm, slots)?;
    asm.test(dword_ptr(r11), 1)?;
    asm.jne(skewed)?;
    asm.jmp(original)?;

    asm.set_label(&mut skewed)?;
    asm.push(rdi)?;
    asm.push(r11)?;
    asm.sub(rsp, 8)?;
    call(asm, original)?;
    asm.add(rsp, 8)?;
    asm.pop(r11)?;
    asm.pop(rdi)?;
    asm.test(eax, eax)?;
    asm.jne(done)?;
    asm.test(rdi, rdi)?;
    asm.je(done)?;
    asm.mov(edx, dword_ptr(r11 + MICROSECONDS))?;
    asm.mov(rcx, qword_ptr(r11 + WALL))?;
    asm.add(rdx, qword_ptr(rdi + 8))?;
    asm.cmp(rdx, US_PER_S as i32)?;
    asm.jl(no_carry)?;
    asm.sub(rdx, US_PER_S as i32)?;
    asm.inc(rcx)?;
    asm.set_label(&mut no_carry)?;
    asm.add(qword_ptr(rdi), rcx)?;
    asm.mov(qword_ptr(rdi + 8), rdx)?;
    asm.set_label(&mut done)?;
    asm.ret()
}

/// time_t time(time_t *rdi). The kernel's is the coarse wall clock without its fraction, and the fraction is needed here when the
/// offset has one.
fn hook_time(asm: &mut CodeAssembler, slots: u64, original: u64, clock_gettime: u64) -> Result<(), IcedError> {
    let mut skewed = asm.create_label();
    let (mut fraction, mut store, mut done) = (asm.create_label(), asm.create_label(), asm.create_label());
    load_block(asm, slots)?;
    asm.test(dword_ptr(r11), 1)?;
    asm.jne(skewed)?;
    asm.jmp(original)?;

    asm.set_label(&mut skewed)?;
    asm.cmp(qword_ptr(r11 + WALL + 8), 0)?;
    asm.jne(fraction)?;
    asm.push(rdi)?;
    asm.push(r11)?;
    asm.sub(rsp, 8)?;
    asm.xor(edi, edi)?;
    call(asm, original)?;
    asm.add(rsp, 8)?;
    asm.pop(r11)?;
    asm.pop(rdi)?;
    asm.add(rax, qword_ptr(r11 + WALL))?;
    asm.jmp(store)?;

    asm.set_label(&mut fraction)?;
    asm.sub(rsp, 40)?;
    asm.mov(qword_ptr(rsp + 16), rdi)?;
    asm.mov(qword_ptr(rsp + 24), r11)?;
    asm.mov(edi, COARSE_WALL)?;
    asm.mov(rsi, rsp)?;
    call(asm, clock_gettime)?;
    asm.mov(rax, qword_ptr(rsp))?;
    asm.mov(rdx, qword_ptr(rsp + 8))?;
    asm.mov(rdi, qword_ptr(rsp + 16))?;
    asm.mov(r11, qword_ptr(rsp + 24))?;
    asm.add(rsp, 40)?;
    asm.add(rax, qword_ptr(r11 + WALL))?;
    asm.add(rdx, qword_ptr(r11 + WALL + 8))?;
    asm.mov(ecx, NS_PER_S)?;
    asm.cmp(rdx, rcx)?;
    asm.jl(store)?;
    asm.inc(rax)?;

    asm.set_label(&mut store)?;
    asm.test(rdi, rdi)?;
    asm.je(done)?;
    asm.mov(qword_ptr(rdi), rax)?;
    asm.set_label(&mut done)?;
    asm.ret()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::effect::clock::hooks;

    fn own() -> (Image, hooks::Hooks) {
        let image = Image::own().expect("this kernel has a vDSO");
        let hooks = hooks::make(&image).expect("hooks for this kernel");
        (image, hooks)
    }

    #[test]
    fn every_function_that_tells_the_time_has_an_entry_that_jumps_into_the_cave() {
        let (image, hooks) = own();
        let functions: Vec<&str> = hooks.entries.iter().map(|entry| entry.function).collect();
        assert_eq!(functions, ["clock_gettime", "gettimeofday", "time"]);
        for entry in &hooks.entries {
            let jump = Decoder::with_ip(64, &entry.jump, entry.moved.start as u64, DecoderOptions::NONE).decode();
            assert!(image.cave.contains(&(jump.near_branch_target() as usize)), "{entry:?}");
            assert!(entry.moved.len() >= entry.jump.len());
        }
    }

    #[test]
    fn a_copy_reads_the_same_places_as_what_it_copies() {
        let (image, hooks) = own();
        let decoded = |bytes: &[u8], at: usize| Decoder::with_ip(64, bytes, at as u64, DecoderOptions::NONE).decode();
        let code_start = image.cave.start + hooks.code_at;
        for (was, copy) in hooks.entries.iter().flat_map(|entry| &entry.copies) {
            let (was, copy) = (decoded(&image.bytes[*was..], *was), decoded(&hooks.code[copy - code_start..], *copy));
            assert_eq!(was.code(), copy.code());
            assert_eq!(was.is_ip_rel_memory_operand(), copy.is_ip_rel_memory_operand());
            assert_eq!(was.memory_displacement64(), copy.memory_displacement64(), "{was:?} and {copy:?}");
        }
    }

    #[test]
    fn a_thread_between_moved_instructions_goes_on_in_the_copy_and_elsewhere_it_stays() {
        let (_, hooks) = own();
        for entry in &hooks.entries {
            assert_eq!(entry.copy_of(entry.moved.start), None);
            assert_eq!(entry.copy_of(entry.moved.end), None);
            for (was, copy) in &entry.copies[1..] {
                assert_eq!(entry.copy_of(*was), Some(*copy));
            }
        }
    }

    fn refusal(function: &[u8]) -> Option<&'static str> {
        let mut image = Image::own().expect("this kernel has a vDSO");
        let start = image.clock_gettime.start;
        image.bytes[start..start + function.len()].copy_from_slice(function);
        let range = start..start + function.len();
        match prologue(&image, "clock_gettime", &range) {
            Err(HooksError::Prologue { why, .. }) => Some(why),
            Err(other) => panic!("{other}"),
            Ok(_) => None,
        }
    }

    #[test]
    fn a_prologue_that_cannot_be_moved_is_refused() {
        let branches = [0x55, 0xeb, 0x00, 0x90, 0x90, 0x90, 0xc3];
        let jumped_into = [0x55, 0x48, 0x89, 0xe5, 0x90, 0x90, 0xeb, 0xf9];
        let short = [0x55, 0xc3];
        let plain = [0xf3, 0x0f, 0x1e, 0xfa, 0x55, 0x48, 0x89, 0xe5, 0x41, 0x56, 0xc3];
        assert_eq!(refusal(&branches), Some("one of them branches"));
        assert_eq!(refusal(&jumped_into), Some("something jumps between them"));
        assert_eq!(refusal(&short), Some("the function is too short"));
        assert_eq!(refusal(&plain), None);
    }
}
