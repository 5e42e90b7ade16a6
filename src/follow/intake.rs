//! One log that grows: raw lines in, what is known of the log at any moment out.

use crate::cluster::collect::{Collector, Window};
use crate::cluster::log::{File, Log};
use crate::cluster::track;
use crate::scan::block::{Scanned, Scratch};
use crate::scan::scanner::Scanner;
use crate::scan::unwrap::Unwrap;

/// Raw lines of one record that are held back for more of it; a longer record is judged in parts.
const HELD: usize = 256 << 10;

/// A log that is fed by pieces.
///
/// What is complete is collected once and for good. The last record may go on, so it is held back; a look at the log
/// takes it in provisionally. So the outcome is that of one run over all the lines.
#[derive(Clone)]
pub struct Intake<'a> {
    collector: Collector<'a>,
    unwrap: Unwrap,
    year: i32,
    /// Whole raw lines of a record that may go on.
    held: Vec<u8>,
    /// Number of the first of them.
    first_line: u64,
}

impl<'a> Intake<'a> {
    /// A log of which nothing was read; `year` is that of time stamps without one.
    pub fn new(scanner: &'a Scanner, log: Log, year: i32) -> Self {
        let mut collector = Collector::new(&scanner.table, Window::default(), log);
        collector.room = track::FOR_DIAGNOSIS;
        Self { collector, unwrap: Unwrap::new(year), year, held: Vec::new(), first_line: 1 }
    }

    /// What follows stands in another file, as after a rotation.
    pub fn begin_file(&mut self, scanner: &Scanner, path: String) {
        self.settle(scanner);
        self.collector.log.files.push(File { path, ..File::default() });
        (self.unwrap, self.first_line) = (Unwrap::new(self.year), 1);
    }

    /// Takes whole lines, the first of which has this number in its file.
    pub fn push(&mut self, scanner: &Scanner, bytes: &[u8], first_line: u64) {
        if self.held.is_empty() {
            self.first_line = first_line;
        }
        self.held.extend_from_slice(bytes);
        let cut = last_record(&self.held);
        if cut == 0 {
            return;
        }
        let rest = self.held.split_off(cut);
        let whole = std::mem::replace(&mut self.held, rest);
        let number = self.first_line;
        self.first_line += memchr::memchr_iter(b'\n', &whole).count() as u64;
        self.collect(scanner, whole, number);
    }

    /// What is known now, as if nothing more came.
    pub fn look(&self, scanner: &Scanner) -> Collector<'a> {
        let mut now = self.clone();
        now.settle(scanner);
        now.collector
    }

    /// Takes in what was held back.
    fn settle(&mut self, scanner: &Scanner) {
        let held = std::mem::take(&mut self.held);
        if !held.is_empty() {
            self.collect(scanner, held, self.first_line);
        }
        if let Some(block) = self.unwrap.finish() {
            self.take(scanner.scan(block, &mut Scratch::default()));
        }
        let (format, host) = (self.unwrap.format(), self.unwrap.host());
        if let Some(file) = self.collector.log.files.last_mut() {
            (file.format, file.host) = (format, host);
        }
    }

    fn collect(&mut self, scanner: &Scanner, bytes: Vec<u8>, first_line: u64) {
        if let Some(file) = self.collector.log.files.last_mut() {
            file.bytes += bytes.len() as u64;
        }
        if let Some(block) = self.unwrap.push(bytes, first_line) {
            self.take(scanner.scan(block, &mut Scratch::default()));
        }
    }

    fn take(&mut self, mut scanned: Scanned) {
        let file = self.collector.log.files.len().saturating_sub(1);
        self.collector.take(file, &mut scanned);
    }
}

/// Where the last record begins, if that is near the end; else the end.
fn last_record(text: &[u8]) -> usize {
    let from = text.len().saturating_sub(HELD);
    let mut end = text.len();
    while let Some(newline) = text[from..end.saturating_sub(1)].iter().rposition(|byte| *byte == b'\n') {
        let start = from + newline + 1;
        if text.get(start).is_some_and(u8::is_ascii_digit) {
            return start;
        }
        end = start;
    }
    if from == 0 { 0 } else { text.len() }
}

#[cfg(test)]
mod tests {
    use super::last_record;

    #[test]
    fn the_last_record_is_held_back() {
        assert_eq!(last_record(b"1 a\n\tb\n2 c\n\td\n"), 7);
        assert_eq!(last_record(b"1 a\n\tb\n"), 0);
        assert_eq!(last_record(b"1 a\n2 b\n"), 4);
        assert_eq!(last_record(b""), 0);
    }

    #[test]
    fn a_record_without_end_is_judged_in_parts() {
        let text = "\tmore\n".repeat(super::HELD / 3);
        assert_eq!(last_record(text.as_bytes()), text.len());
    }
}
