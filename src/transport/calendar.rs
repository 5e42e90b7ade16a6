//! Finds the year of stamps that print none, such as `Nov 24 07:43:17`.

use crate::parse::stamp::{self, Stamp};
use chrono::Datelike;

/// The year and month of the latest stamp.
#[derive(Clone, Debug)]
pub(super) struct Calendar {
    pub(super) year: i32,
    month: u32,
}

impl Calendar {
    pub(super) const fn new(year: i32) -> Self {
        Self { year, month: 0 }
    }

    /// Puts a stamp into the right year. A server line inside with a full date settles it;
    /// else a step from December to January begins a new year.
    pub(super) fn dated(&mut self, outer: Stamp, text: &[u8]) -> Stamp {
        let month = outer.time.month();
        let inner = stamp::iso(text).or_else(|_| stamp::compact(text)).ok().map(|(_, inner)| inner.time);
        match inner.filter(|inner| inner.month() == month) {
            Some(inner) => self.year = inner.year(),
            None if self.month == 12 && month == 1 => self.year += 1,
            None => {}
        }
        self.month = month;
        Stamp { time: outer.time.with_year(self.year).unwrap_or(outer.time), ..outer }
    }
}
