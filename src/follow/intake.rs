//! One log that grows: raw lines in, what is known of the log at any moment out.

use crate::cluster::collect::{Collector, Window};
use crate::cluster::log::{File, Log};
use crate::scan::block::{Scanned, Scratch};
use crate::scan::scanner::Scanner;
use crate::scan::unwrap::{Unwrap, last_record};

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
        let collector = Collector::new(&scanner.table, Window::default(), log);
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
        let cut = last_record(&self.held, HELD);
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
