use std::collections::VecDeque;

use super::*;

/// A small generator (xorshift), so that a failure is repeatable from its seed.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % limit as u64).unwrap()
    }
}

/// Gives 1 to `most` bytes at a time, with interruptions, and ends with an error if there is one.
struct Drip {
    bytes: VecDeque<u8>,
    dice: Dice,
    most: usize,
    failure: Option<io::Error>,
}

impl Read for Drip {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.dice.below(4) == 0 {
            return Err(io::ErrorKind::Interrupted.into());
        }
        if self.bytes.is_empty() {
            return self.failure.take().map_or(Ok(0), Err);
        }
        let count = (1 + self.dice.below(self.most)).min(buffer.len()).min(self.bytes.len());
        for (slot, byte) in buffer.iter_mut().zip(self.bytes.drain(..count)) {
            *slot = byte;
        }
        Ok(count)
    }
}

fn drip(bytes: &[u8], seed: u64, most: usize) -> Drip {
    Drip { bytes: bytes.iter().copied().collect(), dice: Dice(seed), most, failure: None }
}

fn all<R: Read>(reader: &mut ChunkReader<R>) -> Vec<Chunk> {
    std::iter::from_fn(|| reader.next_chunk().unwrap()).collect()
}

fn random_text(dice: &mut Dice) -> Vec<u8> {
    let length = dice.below(400);
    let letters = b"\n\n\n20 ab\t\r\0\xff\xc3";
    (0..length).map(|_| letters[dice.below(letters.len())]).collect()
}

/// What a reader without limits would say about long lines.
fn expected(input: &[u8], limit: usize) -> (Vec<u8>, Vec<CutLine>) {
    let (mut kept, mut cuts) = (Vec::new(), Vec::new());
    for (number, line) in input.split_inclusive(|byte| *byte == b'\n').enumerate() {
        let (text, newline) = match line.split_last() {
            Some((b'\n', text)) => (text, true),
            _ => (line, false),
        };
        kept.extend_from_slice(&text[..text.len().min(limit)]);
        kept.extend(newline.then_some(b'\n'));
        if text.len() > limit {
            let dropped = (text.len() - limit) as u64;
            cuts.push(CutLine { line: number as u64 + 1, dropped });
        }
    }
    (kept, cuts)
}

fn check(input: &[u8], limits: Limits, seed: u64) {
    let most = 1 + usize::try_from(seed % 23).unwrap();
    let mut reader = ChunkReader::with_limits(drip(input, seed | 1, most), 1, limits);
    let chunks = all(&mut reader);
    let (kept, cuts) = expected(input, limits.line);
    let joined: Vec<u8> = chunks.iter().flat_map(|chunk| chunk.bytes.clone()).collect();
    assert_eq!(joined, kept, "seed {seed}");
    let found: Vec<CutLine> = chunks.iter().flat_map(|chunk| chunk.cut_lines.clone()).collect();
    assert_eq!(found, cuts, "seed {seed}");

    let (mut line, mut offset) = (1, 0);
    for (at, chunk) in chunks.iter().enumerate() {
        assert!(!chunk.bytes.is_empty(), "seed {seed}");
        assert_eq!((chunk.first_line, chunk.offset), (line, offset), "seed {seed}");
        assert_eq!(chunk.last, at + 1 == chunks.len(), "seed {seed}");
        assert!(chunk.last || chunk.bytes.ends_with(b"\n"), "seed {seed}");
        line += memchr_iter(b'\n', &chunk.bytes).count() as u64;
        offset += chunk.bytes.len() as u64;
        offset += chunk.cut_lines.iter().map(|cut| cut.dropped).sum::<u64>();
        for cut in &chunk.cut_lines {
            assert!((chunk.first_line..=line).contains(&cut.line), "seed {seed}");
        }
    }
    assert_eq!(offset, input.len() as u64, "seed {seed}");
}

#[test]
fn chunks_join_to_the_input_with_right_numbers() {
    for seed in 1..4_000 {
        let mut dice = Dice(seed * 0x9e37_79b9);
        let input = random_text(&mut dice);
        let limits = Limits {
            block: 1 + dice.below(40),
            search: dice.below(30),
            line: if seed % 2 == 0 { 1 + dice.below(12) } else { 1_000 },
            read: 1 + dice.below(50),
        };
        check(&input, limits, seed);
    }
}

#[test]
fn lines_around_the_limit() {
    let limits = Limits { block: 16, search: 8, line: 8, read: 8 };
    for length in 6..30 {
        for tail in ["", "\n", "\n2 next\n"] {
            check(format!("1 first\n{}{tail}", "x".repeat(length)).as_bytes(), limits, 7);
        }
    }
}

#[test]
fn cut_is_before_a_record_when_one_is_near() {
    let limits = Limits { block: 30, search: 25, line: 100, read: 30 };
    let input = b"2024 one\n2024 two\n\tat a.cpp\n\tat b.cpp\n2024 three\n";
    let mut reader = ChunkReader::with_limits(&input[..], 1, limits);
    let chunks = all(&mut reader);
    assert_eq!(chunks[0].bytes, b"2024 one\n");
    assert_eq!((chunks[1].first_line, chunks[1].offset), (2, 9));

    let mut reader = ChunkReader::with_limits(&input[..], 1, Limits { search: 3, ..limits });
    assert_eq!(all(&mut reader)[0].bytes, b"2024 one\n2024 two\n\tat a.cpp\n");
}

#[test]
fn an_error_comes_after_what_was_read_before_it() {
    let mut source = drip(b"1 a\n2 b\n3 c", 5, 3);
    source.failure = Some(io::Error::other("cable cut"));
    let limits = Limits { block: 4, ..Limits::default() };
    let mut reader = ChunkReader::with_limits(source, 1, limits);
    let mut read = Vec::new();
    let error = loop {
        match reader.next_chunk() {
            Ok(Some(chunk)) => read.extend(chunk.bytes),
            Ok(None) => panic!("the error is lost"),
            Err(error) => break error,
        }
    };
    assert_eq!(read, b"1 a\n2 b\n3 c");
    assert_eq!(error.to_string(), "cable cut");
    assert_eq!(reader.next_chunk().unwrap(), None);
}

#[test]
fn one_line_per_read_does_not_pile_up() {
    struct Lines(u32);
    impl Read for Lines {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            self.0 += 1;
            if self.0 > 10_000 {
                return Ok(0);
            }
            let line = b"no digit at the start\n";
            let count = line.len().min(buffer.len());
            buffer[..count].copy_from_slice(&line[line.len() - count..]);
            Ok(count)
        }
    }
    let limits = Limits { block: 1_000, search: 100, line: 2_000, read: 500 };
    let mut reader = ChunkReader::with_limits(Lines(0), 1, limits);
    for chunk in all(&mut reader) {
        assert!(chunk.bytes.len() <= 1_500);
    }
}

#[test]
fn an_endless_line_stays_in_bounded_memory() {
    let mebibyte = 1024 * 1024;
    let head = &b"1 first\n"[..];
    let long = io::repeat(b'x').take(300 * mebibyte);
    let tail = &b"\n2 last"[..];
    let mut reader = ChunkReader::new(head.chain(long).chain(tail), 1);
    let mut cuts = Vec::new();
    let mut bytes = 0;
    while let Some(chunk) = reader.next_chunk().unwrap() {
        bytes += chunk.bytes.len() as u64;
        cuts.extend_from_slice(&chunk.cut_lines);
        assert!(chunk.bytes.capacity() < 2 * 1024 * 1024);
        assert!(reader.buffer.capacity() < 2 * 1024 * 1024);
        reader.recycle(chunk.bytes);
    }
    assert_eq!(cuts, [CutLine { line: 2, dropped: 299 * mebibyte }]);
    assert_eq!(bytes, 8 + mebibyte + 7);
}

#[test]
fn recycled_buffers_are_used_again_and_carry_nothing_over() {
    let input = "12345\n".repeat(100);
    let limits = Limits { block: 64, search: 16, line: 100, read: 64 };
    let mut reader = ChunkReader::with_limits(input.as_bytes(), 1, limits);
    let mut read = Vec::new();
    while let Some(chunk) = reader.next_chunk().unwrap() {
        read.extend_from_slice(&chunk.bytes);
        reader.recycle(chunk.bytes);
        assert!(reader.spare.len() <= 4);
    }
    assert_eq!(read, input.as_bytes());
}

#[test]
fn nothing_gives_nothing() {
    assert_eq!(ChunkReader::new(&b""[..], 1).next_chunk().unwrap(), None);
}
