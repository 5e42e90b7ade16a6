//! What one raw line turned out to be once its transport is taken off.

use crate::parse::stamp::Stamp;
use std::borrow::Cow;

/// One raw line, opened. Every transport fills what it knows.
#[derive(Clone, Debug, Default)]
pub(super) struct Envelope<'a> {
    /// The inner text; a line feed inside begins another inner line.
    pub(super) text: Cow<'a, [u8]>,
    pub(super) outer: Option<Stamp>,
    /// The outer time came without a year, which the decoder then has to keep right.
    pub(super) yearless: bool,
    /// The text goes on in the next envelope of the same stream.
    pub(super) unfinished: bool,
    pub(super) stream: Stream,
    /// The program that syslog or the journal names, with its process id.
    pub(super) program: Option<Cow<'a, [u8]>>,
    pub(super) process: Option<Cow<'a, [u8]>>,
    pub(super) host: Option<Cow<'a, [u8]>>,
    pub(super) pod: Option<Cow<'a, [u8]>>,
    pub(super) container: Option<Cow<'a, [u8]>>,
    pub(super) unit: Option<Cow<'a, [u8]>>,
}

/// Container engines cut long lines per stream, and both streams share one file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Stream {
    #[default]
    Out,
    Err,
}

impl Stream {
    pub(super) fn named(name: &[u8]) -> Self {
        if name == b"stderr" { Self::Err } else { Self::Out }
    }
}

impl<'a> Envelope<'a> {
    pub(super) fn of(text: &'a [u8]) -> Self {
        Self { text: Cow::Borrowed(text), ..Self::default() }
    }
}
