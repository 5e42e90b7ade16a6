//! All logs that are followed, and what a run over everything read so far says.

use crate::cluster::compare::compare;
use crate::cluster::log::Log;
use crate::diagnose::diagnose;
use crate::diagnose::document::{Document, Tool};
use crate::scan::scanner::Scanner;

use super::intake::Intake;

/// The judgement of a moment.
pub struct Judged {
    pub document: Document,
    /// The logs it was made from.
    pub logs: Vec<Log>,
}

/// Judges the logs as a whole run would: same pipeline, same words.
///
/// A look costs a copy of what is kept of the logs, about a millisecond, and a few more where a log is full of events.
pub fn judge<'a: 'i, 'i>(scanner: &Scanner, intakes: impl IntoIterator<Item = &'i Intake<'a>>, tool: Tool) -> Judged {
    let mut collectors: Vec<_> = intakes.into_iter().map(|intake| intake.look(scanner)).collect();
    compare(&mut collectors);
    let logs: Vec<Log> = collectors.into_iter().map(|collector| collector.finish()).collect();
    Judged { document: diagnose(&scanner.table, &logs, tool), logs }
}
