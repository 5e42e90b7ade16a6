//! The text of a rule's file, to point at the place of a remark.

use std::cell::OnceCell;
use std::fs;

use toml::de::{DeTable, DeValue};

use super::Remark;
use crate::rules::read::excerpt_at;

/// A rule's file; its text is read when there is something to say.
///
/// Built-in rules carry the path they have in the source tree, which exists only there.
pub struct Page {
    file: String,
    text: OnceCell<String>,
}

impl Page {
    pub fn new(file: &str) -> Self {
        Self { file: file.to_owned(), text: OnceCell::new() }
    }

    /// The path as messages name it.
    pub fn path(&self) -> &str {
        &self.file
    }

    /// A remark with the line, column and caret of `needle` in the value at `place`, or of that value.
    pub fn remark(&self, place: &str, needle: &str, problem: &str) -> Remark {
        let text = self.text.get_or_init(|| fs::read_to_string(&self.file).unwrap_or_default());
        let excerpt = position(text, place, needle).map_or_else(String::new, |at| excerpt_at(text, at));
        Remark { file: self.file.clone(), text: format!("{problem}{excerpt}") }
    }
}

/// Where the value at a place such as `verify.2.run` stands in the file (indexes from 0), and in it the needle.
fn position(text: &str, place: &str, needle: &str) -> Option<usize> {
    let document = DeTable::parse(text).ok()?;
    let mut steps = place.split('.');
    let mut value = document.get_ref().get(steps.next()?)?;
    for step in steps {
        let next = match (value.get_ref(), step.parse::<usize>()) {
            (DeValue::Array(list), Ok(index)) => list.get(index),
            (table, _) => table.get(step),
        };
        match next {
            Some(next) => value = next,
            None => break,
        }
    }
    let span = value.span();
    let inside = if needle.is_empty() { None } else { text.get(span.clone())?.find(needle) };
    Some(span.start + inside.unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "id = \"a\"\n[[verify]]\nrun = 'ls {log}'\n[[verify]]\nrun = 'ls {log} {pth}'\n";

    #[test]
    fn a_place_is_found_by_its_path() {
        assert_eq!(position(TEXT, "id", ""), TEXT.find("\"a\""));
        assert_eq!(position(TEXT, "verify.1.run", "{log}"), TEXT.rfind("{log}"));
        assert_eq!(position(TEXT, "verify.1.run", "{pth}"), TEXT.find("{pth}"));
    }

    #[test]
    fn a_missing_value_points_at_what_should_hold_it() {
        assert_eq!(position(TEXT, "verify.1.confirms", ""), TEXT.rfind("[[verify]]"));
        assert_eq!(position(TEXT, "remedy", ""), None);
    }
}
