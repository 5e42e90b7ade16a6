//! A message template, and the lines that a server could print from it.
//!
//! `Failed to open <path>: <errno>` stands for all lines with a path and a number in these places. Rules are asked
//! whether they know such lines, so the places are filled with values of the kinds that servers print there.

/// Lines that are made of one template at most.
const MOST: usize = 96;

/// What may stand for a name or any text: rules look at the form of such values (a path, an address, a number).
const ANY: [&str; 8] = [
    "node2",
    "/var/lib/mysql/name.ext",
    "tcp://10.0.0.2:4567",
    "bf24f34d-e7de-11f1-bcef-8f3aad2f0277",
    "4",
    "Connection refused",
    "10.0.0.2",
    "Joined",
];

/// A part of a template.
#[derive(Debug, PartialEq, Eq)]
enum Part<'a> {
    Fixed(&'a str),
    /// `<name>`: a value of that kind.
    Value(&'a str),
    /// `{a|b}`: one of these, which may have values in turn.
    OneOf(Vec<&'a str>),
}

/// The lines of a template, each as one text that may have line ends. `words` turns its fixed words into others.
pub fn lines(template: &str, words: fn(&str) -> String) -> Vec<String> {
    let template = template.replace(" \\n ", "\n").replace("\\n", "\n").replace("\\t", "\t");
    let parts = parts(&template);
    let choices: Vec<Vec<String>> = parts.iter().map(|part| choices(part, words)).collect();
    let all = choices.iter().map(Vec::len).try_fold(1usize, usize::checked_mul).unwrap_or(usize::MAX);
    let mut lines: Vec<String> = (0..all.min(MOST)).map(|number| line(&choices, number, all <= MOST)).collect();
    lines.sort();
    lines.dedup();
    lines
}

/// With few choices all combinations, else the first of all, the second of all and so on, each part at its own pace.
fn line(choices: &[Vec<String>], number: usize, is_each: bool) -> String {
    let mut rest = number;
    let mut out = String::new();
    for (place, texts) in choices.iter().enumerate() {
        let pick = if is_each { rest } else { number + number / texts.len() * place };
        out.extend(texts.get(pick % texts.len()).map(String::as_str));
        rest /= texts.len();
    }
    out
}

fn choices(part: &Part<'_>, words: fn(&str) -> String) -> Vec<String> {
    match part {
        Part::Fixed(text) => vec![words(text)],
        Part::OneOf(texts) => texts.iter().flat_map(|text| lines(text, words)).collect(),
        Part::Value(kind) => values(kind).iter().map(|&value| value.to_owned()).collect(),
    }
}

/// What servers print in a place of this kind.
fn values(kind: &str) -> &'static [&'static str] {
    match kind {
        "num" | "seqno" | "lsn" | "thread" | "pid" | "ulintpf" | "lsn_fmt" | "trx_id_fmt" | "uint32pf" => &["5", "-1"],
        "errno" => &["110", "-110", "2"],
        "errstr" => &["Connection timed out", "No such file or directory", "Resource temporarily unavailable"],
        "port" => &["4567"],
        "float" | "time" => &["1.5"],
        "hex" | "ptr" => &["0x7f2a3c010c38", "7f2a3c010c38"],
        "path" | "fn_reflen" => &["/var/lib/mysql/name.ext"],
        "addr" => &["tcp://10.0.0.2:4567", "10.0.0.2:4567", "10.0.0.2"],
        "host" => &["10.0.0.2", "db2.example.com"],
        "uuid" => &["bf24f34d-e7de-11f1-bcef-8f3aad2f0277", "bf24f34d-bcef"],
        "gtid" => &["bf24f34d-e7de-11f1-bcef-8f3aad2f0277:1234"],
        "ver" => &["10.11.19", "5"],
        "table" => &["shop", "./shop/orders"],
        "sql" => &["UPDATE t SET a = 1"],
        "func" => &["ssl3_get_record"],
        "signal_fmt" => &["11"],
        "chr" => &["x"],
        "state" => &["JOINED", "SYNCED", "5"],
        "exception" => &["Connection refused"],
        "sslerr" => &["certificate verify failed"],
        "key" => &["gcache.size", "key"],
        "view" => &["view(view_id(PRIM,bf24f34d-bcef,4) memb {"],
        _ => &ANY,
    }
}

fn parts(template: &str) -> Vec<Part<'_>> {
    let mut parts = Vec::new();
    let mut fixed = 0;
    let mut at = 0;
    while at < template.len() {
        let Some((part, length)) = special(&template[at..]) else {
            at += template[at..].chars().next().map_or(1, char::len_utf8);
            continue;
        };
        if fixed < at {
            parts.push(Part::Fixed(&template[fixed..at]));
        }
        parts.push(part);
        at += length;
        fixed = at;
    }
    if fixed < template.len() {
        parts.push(Part::Fixed(&template[fixed..]));
    }
    parts
}

/// A value or a choice at the start of a text, and its length. Other braces and angles are plain text.
fn special(text: &str) -> Option<(Part<'_>, usize)> {
    if let Some(rest) = text.strip_prefix('<') {
        let (kind, _) = rest.split_once('>')?;
        let is_name =
            !kind.is_empty() && kind.bytes().all(|byte| byte.is_ascii_lowercase() || b"_0123456789".contains(&byte));
        return is_name.then(|| (Part::Value(kind), kind.len() + 2));
    }
    let (inside, _) = text.strip_prefix('{')?.split_once('}')?;
    let is_choice = inside.contains('|') && !inside.contains('{');
    is_choice.then(|| (Part::OneOf(inside.split('|').collect()), inside.len() + 2))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_and_choices_are_found_among_plain_text() {
        let found = parts("a <num> {yes|no} { {<ptr>, 1} } <-- é");
        let plain = [" ", " { {", ", 1} } <-- é"];
        assert_eq!(
            found,
            [
                Part::Fixed("a "),
                Part::Value("num"),
                Part::Fixed(plain[0]),
                Part::OneOf(vec!["yes", "no"]),
                Part::Fixed(plain[1]),
                Part::Value("ptr"),
                Part::Fixed(plain[2]),
            ]
        );
    }

    #[test]
    fn a_template_gives_a_line_for_each_combination() {
        assert_eq!(lines("{a|b} <port>", str::to_owned), ["a 4567", "b 4567"]);
        assert_eq!(lines("one \\n two", str::to_owned), ["one\ntwo"]);
        assert_eq!(lines("({<port>|none|})", str::to_owned), ["()", "(4567)", "(none)"]);
    }

    #[test]
    fn many_combinations_are_cut_but_all_kinds_stay() {
        let all = lines("<str> <str> <str> <str>", str::to_owned);
        assert!(all.len() <= MOST);
        for value in ANY {
            assert!(all.iter().any(|line| line.starts_with(value)), "{value}");
        }
    }
}
