//! What a line means, for a terminal.

use std::io::{self, Write};

use anstyle::{AnsiColor, Style};

use super::text::{Options, Page, risk_mark, severity_style, severity_word};
use crate::explain::{Answer, Command, Meaning, Message, Near, Neighbour, Normal};

/// Writes all messages of the answer.
///
/// # Errors
/// Writing fails.
pub fn write(out: &mut impl Write, answer: &Answer, options: Options) -> io::Result<()> {
    let mut page = Page { out, options };
    for (index, message) in answer.messages.iter().enumerate() {
        if index > 0 {
            page.blank()?;
        }
        page.message(message)?;
    }
    if answer.left_out > 0 {
        page.field("", &format!("{} more messages: galera-rca analyze reads whole logs", answer.left_out))?;
    }
    Ok(())
}

impl<W: Write> Page<'_, W> {
    fn message(&mut self, message: &Message) -> io::Result<()> {
        self.field("LINE", &message.text)?;
        let level = message.level.map_or_else(String::new, |level| format!(", level {level}"));
        self.field("FROM", &format!("{}{level}", message.printed_by))?;
        self.field("NORMAL", normal_words(message.normal))?;
        if message.normal == Normal::Unknown {
            self.nearest(&message.nearest)?;
        }
        let is_whole = |at: usize, one: &Meaning| !one.needs_more || at == 0;
        for (_, meaning) in message.meanings.iter().enumerate().filter(|(at, one)| is_whole(*at, one)) {
            self.meaning(meaning)?;
        }
        let rest = message.meanings.iter().enumerate().filter(|(at, one)| !is_whole(*at, one));
        for (index, (_, meaning)) in rest.enumerate() {
            if index == 0 {
                self.blank()?;
                self.section("With other lines beside it")?;
            }
            let rule = meaning.rule.as_deref().unwrap_or_default();
            self.field("", &format!("{} ({rule})", meaning.title))?;
        }
        if !message.used_by.is_empty() {
            self.blank()?;
            self.field("USED BY", &message.used_by.join(", "))?;
        }
        Ok(())
    }

    fn nearest(&mut self, nearest: &[Near]) -> io::Result<()> {
        if nearest.is_empty() {
            return self.field("NEAREST", "no known message is like it");
        }
        for (index, near) in nearest.iter().enumerate() {
            self.field(if index == 0 { "NEAREST" } else { "" }, &near.text)?;
            self.field("", &format!("  {} ({})", near.title, near.rule))?;
        }
        Ok(())
    }

    fn meaning(&mut self, meaning: &Meaning) -> io::Result<()> {
        self.blank()?;
        let (style, mark) = match meaning.severity {
            Some(_) if meaning.normal == Normal::Yes => (AnsiColor::Green.on_default(), "HARMLESS"),
            Some(severity) => (severity_style(severity), severity_word(severity)),
            None => (Style::new().bold(), "EVENT"),
        };
        self.headline(style, mark, &meaning.title)?;
        self.field("MEANS", &meaning.says)?;
        self.field("WHY", &meaning.why)?;
        self.field("IMPACT", &meaning.impact)?;
        self.neighbours("BEFORE", &meaning.before, meaning.more_before)?;
        self.neighbours("AFTER", &meaning.after, meaning.more_after)?;
        self.commands("OR", &meaning.alternatives)?;
        self.commands("CHECK", &meaning.verify)?;
        for (index, one) in meaning.remedy.iter().enumerate() {
            let text = format!("{}. {}{}", index + 1, one.step, risk_mark(one.risk));
            self.field(if index == 0 { "FIX" } else { "" }, &text)?;
        }
        for (index, source) in meaning.printed_by.iter().enumerate() {
            self.field(if index == 0 { "SOURCE" } else { "" }, source)?;
        }
        meaning.rule.as_ref().map_or(Ok(()), |rule| self.labelled("RULE", rule))
    }

    fn neighbours(&mut self, label: &str, all: &[Neighbour], more: usize) -> io::Result<()> {
        for (index, one) in all.iter().enumerate() {
            let rule = if one.rule.is_empty() { String::new() } else { format!(" ({})", one.rule) };
            self.field(if index == 0 { label } else { "" }, &format!("{}{rule}", one.title))?;
        }
        if more > 0 {
            self.field("", &format!("and {more} more"))?;
        }
        Ok(())
    }

    fn commands(&mut self, label: &str, all: &[Command]) -> io::Result<()> {
        for (index, one) in all.iter().enumerate() {
            self.field(if index == 0 { label } else { "" }, &one.text)?;
            if !one.run.is_empty() {
                let run = self.paint(AnsiColor::Cyan.on_default(), &one.run);
                self.labelled("", &format!("  {run}  (on {})", one.on))?;
            }
        }
        Ok(())
    }
}

fn normal_words(normal: Normal) -> &'static str {
    match normal {
        Normal::Yes => "yes, it needs no action",
        Normal::Depends => "depends on what stands around it",
        Normal::No => "no",
        Normal::Unknown => "unknown: no rule and no typed event knows this message",
    }
}
