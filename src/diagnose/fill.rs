//! Fills the placeholders of a rule's sentences and commands: `{name}`, `{name|words}`, `{name.host}`, `{name.port}`.

use super::quote::{quoted, shell_word};
use crate::cluster::identity::id::host_of;
use crate::rules::schema::CaptureType;

/// Values in sentences are cut here.
const LONGEST_VALUE: usize = 200;

/// A filled text, and the placeholders that had no value.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filled {
    pub text: String,
    pub missing: Vec<String>,
}

/// One piece of a template.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Piece<'a> {
    Text(&'a str),
    Hole { name: &'a str, part: Option<&'a str>, otherwise: Option<&'a str> },
}

/// Splits a template into text and holes; braces that hold no plain name are text.
pub fn pieces(template: &str) -> Vec<Piece<'_>> {
    let mut out = Vec::new();
    let mut rest = template;
    while let Some(open) = rest.find('{') {
        let (before, after) = rest.split_at(open);
        match after[1..].split_once('}').and_then(|(inside, tail)| Some((hole(inside)?, tail))) {
            Some((hole, tail)) => {
                out.push(Piece::Text(before));
                out.push(hole);
                rest = tail;
            }
            None => {
                out.push(Piece::Text(&rest[..=open]));
                rest = &after[1..];
            }
        }
    }
    out.push(Piece::Text(rest));
    out.retain(|piece| *piece != Piece::Text(""));
    out
}

fn hole(inside: &str) -> Option<Piece<'_>> {
    let (name, otherwise) = match inside.split_once('|') {
        Some((name, words)) => (name, Some(words)),
        None => (inside, None),
    };
    let (name, part) = match name.split_once('.') {
        Some((name, part)) if part == "host" || part == "port" => (name, Some(part)),
        Some(_) => return None,
        None => (name, None),
    };
    let is_name = !name.is_empty() && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
    is_name.then_some(Piece::Hole { name, part, otherwise })
}

/// Looks a placeholder up.
pub type Lookup<'a> = dyn Fn(&str) -> Option<(String, CaptureType)> + 'a;

/// Fills a sentence.
pub fn sentence(template: &str, lookup: &Lookup<'_>) -> String {
    let mut out = String::new();
    for piece in pieces(template) {
        match piece {
            Piece::Text(text) => out.push_str(text),
            Piece::Hole { name, part, otherwise } => match value(name, part, lookup) {
                Some((value, _)) => out.extend(value.trim().chars().take(LONGEST_VALUE)),
                None => out.push_str(otherwise.unwrap_or(name)),
            },
        }
    }
    out
}

/// Fills a command: every value is one shell word of its type; what is unknown stays as `'<name>'`.
pub fn command(template: &str, lookup: &Lookup<'_>) -> Filled {
    let mut filled = Filled::default();
    for piece in pieces(template) {
        match piece {
            Piece::Text(text) => filled.text.push_str(text),
            Piece::Hole { name, part, otherwise } => {
                let inside = open_quote(&filled.text);
                match value(name, part, lookup).and_then(|(value, kind)| word(&value, kind, inside)) {
                    Some(word) => filled.text.push_str(&word),
                    None => leave_open(&mut filled, name, otherwise, inside),
                }
            }
        }
    }
    filled
}

fn leave_open(filled: &mut Filled, name: &str, otherwise: Option<&str>, inside: bool) {
    if let Some(words) = otherwise {
        filled.text.push_str(words);
        return;
    }
    let mark = format!("<{name}>");
    filled.text.push_str(&if inside { mark } else { quoted(&mark) });
    if !filled.missing.iter().any(|known| known == name) {
        filled.missing.push(name.to_owned());
    }
}

/// Inside quotes only a value that needs none can stand.
fn word(value: &str, kind: CaptureType, inside_quotes: bool) -> Option<String> {
    let value = match kind {
        CaptureType::Address => value.split_once("://").map_or(value, |(_, rest)| rest),
        CaptureType::Path if value.len() > 1 => value.trim_end_matches('/'),
        _ => value,
    };
    let word = shell_word(value, kind)?;
    (!inside_quotes || word == value).then_some(word)
}

fn value(name: &str, part: Option<&str>, lookup: &Lookup<'_>) -> Option<(String, CaptureType)> {
    let (value, kind) = lookup(name)?;
    match part {
        Some("host") => Some((host_of(&value).to_owned(), CaptureType::Host)),
        Some(_) => {
            let rest = value.split_once("://").map_or(value.as_str(), |(_, rest)| rest);
            let port = rest.rsplit_once(':')?.1.split('/').next()?;
            Some((port.to_owned(), CaptureType::Port))
        }
        None => Some((value, kind)),
    }
    .filter(|(value, _)| !value.trim().is_empty())
}

/// Does this beginning of a command end inside quotes?
pub fn open_quote(text: &str) -> bool {
    let mut open = None;
    for c in text.chars() {
        match (c, open) {
            ('\'' | '"', None) => open = Some(c),
            (c, Some(quote)) if c == quote => open = None,
            _ => {}
        }
    }
    open.is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lookup(name: &str) -> Option<(String, CaptureType)> {
        match name {
            "path" => Some(("/srv/my data/key.pem".to_owned(), CaptureType::Path)),
            "table" => Some(("shop.stock".to_owned(), CaptureType::Identifier)),
            "evil" => Some(("x'; reboot; '".to_owned(), CaptureType::Identifier)),
            "address" => Some(("ssl://[fd00::3]:4567".to_owned(), CaptureType::Address)),
            _ => None,
        }
    }

    #[test]
    fn sentences_take_values_or_words() {
        assert_eq!(sentence("{path} of {node|the node}, {who}", &lookup), "/srv/my data/key.pem of the node, who");
    }

    #[test]
    fn commands_quote_by_type() {
        assert_eq!(command("ls -l {path}", &lookup).text, "ls -l '/srv/my data/key.pem'");
        assert_eq!(command("nc -vz {address.host} {address.port}", &lookup).text, "nc -vz fd00::3 4567");
        assert_eq!(
            command("openssl s_client -connect {address}", &lookup).text,
            "openssl s_client -connect '[fd00::3]:4567'"
        );
    }

    #[test]
    fn inside_quotes_only_plain_values_stand() {
        assert_eq!(command("mariadb -e 'CHECK TABLE {table}'", &lookup).text, "mariadb -e 'CHECK TABLE shop.stock'");
        let filled = command("mariadb -e 'CHECK TABLE {evil}'", &lookup);
        assert_eq!(filled.text, "mariadb -e 'CHECK TABLE <evil>'");
        assert_eq!(filled.missing, ["evil"]);
    }

    #[test]
    fn what_is_unknown_is_named() {
        let filled = command("ls -l {ssl_key}", &lookup);
        assert_eq!(filled.text, "ls -l '<ssl_key>'");
        assert_eq!(filled.missing, ["ssl_key"]);
    }

    #[test]
    fn other_braces_are_text() {
        assert_eq!(sentence("awk '{print $1}' {}", &lookup), "awk '{print $1}' {}");
    }
}
