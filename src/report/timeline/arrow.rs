//! A transfer as an arrow from the donor's column to the joiner's.

use crate::timeline::Row;

/// The columns of a line, without the time.
pub struct Grid<'a> {
    pub names: &'a [&'a str],
    /// One character for each column: the state of the node.
    pub bands: &'a [char],
    /// Width of each column; a blank stands between two.
    pub width: usize,
}

impl Grid<'_> {
    fn start(&self, column: usize) -> usize {
        column * (self.width + 1)
    }

    fn column(&self, name: Option<&String>) -> Option<usize> {
        self.names.iter().position(|known| Some(*known) == name.map(String::as_str))
    }

    /// Columns of other nodes that have the row in their log too.
    pub fn confirms(&self, row: &Row, column: usize) -> bool {
        self.names.get(column).is_some_and(|name| row.confirmed_by.iter().any(|node| node == name))
    }
}

/// What is drawn.
pub struct Arrow {
    pub line: String,
    /// The words that have no room on it.
    pub rest: Option<String>,
}

/// Draws a row that has both ends among the columns; `None` for any other. States of the columns between stay visible.
pub fn arrow(row: &Row, words: &str, grid: &Grid) -> Option<Arrow> {
    let (from, to) = (grid.column(row.from.as_ref())?, grid.column(row.to.as_ref())?);
    if from == to {
        return None;
    }
    let label = label(row, words);
    let mut line: Vec<char> = vec![' '; grid.start(grid.names.len())];
    for (column, band) in grid.bands.iter().enumerate() {
        line[grid.start(column)] = *band;
        let end = column == from || column == to;
        if !end && (grid.confirms(row, column) || grid.names[column] == row.node) {
            line[grid.start(column) + 1] = '*';
        }
    }
    let shaft = if label.starts_with("asked") { '-' } else { '=' };
    let between = grid.start(from.min(to)) + 1..grid.start(from.max(to));
    line[between].iter_mut().filter(|cell| **cell == ' ').for_each(|cell| *cell = shaft);
    for end in [from, to].map(|column| grid.start(column)) {
        if line[end] == ' ' {
            line[end] = '+';
        }
    }
    let failed = label.starts_with("failed");
    let (tip, head) = if from < to { (grid.start(to) - 1, '>') } else { (grid.start(to) + 1, '<') };
    line[tip] = if failed { 'x' } else { head };
    let rest = write_label(&mut line, &label, grid, from, to);
    Some(Arrow { line: line.into_iter().collect(), rest })
}

/// The words of a row without the names that its ends show.
fn label(row: &Row, words: &str) -> String {
    let names = format!("{} <= {} ", row.to.as_deref().unwrap_or_default(), row.from.as_deref().unwrap_or_default());
    words.strip_prefix(&names).unwrap_or(words).replace(" as donor", "")
}

/// Writes as much as has room beside the donor, and gives back the label if that was not all.
fn write_label(line: &mut [char], label: &str, grid: &Grid, from: usize, to: usize) -> Option<String> {
    let room = grid.width - 3;
    let first = label.split([':', ',', '(']).next().unwrap_or_default().trim_end();
    let shown = [label, first].into_iter().find(|words| words.chars().count() + 2 <= room);
    let Some(shown) = shown.filter(|shown| !shown.is_empty()) else { return Some(label.to_owned()) };
    let text: Vec<char> = format!(" {shown} ").chars().collect();
    let left = if from < to { grid.start(from) + 1 } else { grid.start(from - 1) + 2 };
    let place = left + (grid.width - 1 - text.len()) / 2;
    line[place..place + text.len()].copy_from_slice(&text);
    (shown.len() < label.len()).then(|| label.to_owned())
}
