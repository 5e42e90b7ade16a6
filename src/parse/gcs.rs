//! The group as its members agree on it: components, quorum, states, transfers between members, votes.
//!
//! All members print these lines, with the same indices and names, so they tie the logs of several nodes together.
//! An index is valid for one component only.

use nom::Parser;
use nom::branch::alt;
use nom::bytes::complete::{is_not, tag};
use nom::character::complete::{char, hex_digit1, i32 as signed, u32 as number32};
use nom::combinator::{eof, map, opt, value};
use nom::sequence::{delimited, preceded, separated_pair, terminated};

use super::event::Event;
use super::fields::{
    Failed, Parsed, after, arrow, gtid, line_text, member, member_index, name_before, number, quoted, read, row, seqno,
    split_last, text, uuid, yes_or_no,
};

/// Reads `New COMPONENT: primary = yes, bootstrap = no, my_idx = 0, memb_num = 3` (`gcs/src/gcs_group.cpp`).
pub fn component(message: &[u8]) -> Option<Event> {
    let parts = (
        preceded(tag("New COMPONENT: primary = "), yes_or_no),
        preceded(tag(", bootstrap = "), yes_or_no),
        preceded(tag(", my_idx = "), signed),
        preceded(tag(", memb_num = "), number32),
    );
    let (primary, bootstrap, index, members) = read(parts, message)?;
    Some(Event::Component { primary, bootstrap, index, members })
}

/// Reads `New SELF-LEAVE.` and, before 26.4, `Received self-leave message.` (`gcs/src/gcs_group.cpp`).
pub fn self_leave(message: &[u8]) -> Option<Event> {
    let printed = message.starts_with(b"New SELF-LEAVE") || message.starts_with(b"Received self-leave message");
    printed.then_some(Event::SelfLeave)
}

/// Reads the steps of a state exchange: `STATE_EXCHANGE: sent state UUID: U`, `STATE EXCHANGE: Waiting for state UUID.`,
/// `… sent state msg: U` (`gcs/src/gcs_core.cpp`), `… got state msg: U from 0 (node1)` (`gcs/src/gcs_group.cpp`).
pub fn state_exchange(message: &[u8]) -> Option<Event> {
    let opening = alt((tag("STATE EXCHANGE: "), tag("STATE_EXCHANGE: ")));
    read(preceded(opening, alt((exchange_sent, exchange_got, exchange_waiting))), message)
}

fn exchange_sent(input: &[u8]) -> Parsed<'_, Event> {
    let opening = alt((tag("sent state UUID: "), tag("sent state msg: ")));
    let sent = |uuid| Event::StateExchange { step: "sent".to_owned(), uuid: Some(uuid), index: None, name: None };
    map(preceded(opening, uuid), sent).parse(input)
}

fn exchange_got(input: &[u8]) -> Parsed<'_, Event> {
    let (input, uuid) = preceded(tag("got state msg: "), uuid).parse(input)?;
    let (input, index) = preceded(tag(" from "), member_index).parse(input)?;
    let (input, name) = opt(preceded(tag(" ("), line_text)).parse(input)?;
    let name = name.map(|name| name.strip_suffix(')').unwrap_or(&name).to_owned());
    Ok((input, Event::StateExchange { step: "got".to_owned(), uuid: Some(uuid), index: Some(index), name }))
}

fn exchange_waiting(input: &[u8]) -> Parsed<'_, Event> {
    let waiting = Event::StateExchange { step: "waiting".to_owned(), uuid: None, index: None, name: None };
    value(waiting, tag("Waiting for state UUID")).parse(input)
}

/// Reads `Quorum results:` and its rows (`gcs/src/gcs_group.cpp`). Percona prints two rows `members`; the one counted
/// here is `(joined/total)`. A block that was cut before its group UUID is `None`.
pub fn quorum(message: &[u8]) -> Option<Event> {
    let rows = message.strip_prefix(b"Quorum results:")?;
    let (mut component, mut conf_id, mut members, mut act_id, mut group_uuid) = (None, None, None, None, None);
    for (key, value) in rows.split(|&byte| byte == b'\n').filter_map(|line| row(line, b"=")) {
        match key {
            b"component" => component = Some(text(value)),
            b"conf_id" => conf_id = number(value),
            b"members" => members = read(joined_of_total, value).or(members),
            b"act_id" => act_id = number(value),
            b"group UUID" => group_uuid = read(uuid, value),
            _ => {}
        }
    }
    let (joined, total) = members?;
    Some(Event::Quorum { component: component?, conf_id: conf_id?, joined, total, act_id, group_uuid: group_uuid? })
}

/// `2/3 (joined/total)`.
fn joined_of_total(input: &[u8]) -> Parsed<'_, (u32, u32)> {
    let which = alt((tag(" (joined/total)"), eof));
    terminated(separated_pair(number32, char('/'), number32), which).parse(input)
}

/// Reads `Received NON-PRIMARY.` (`gcs/src/gcs.cpp`).
pub fn non_primary(message: &[u8]) -> Option<Event> {
    message.starts_with(b"Received NON-PRIMARY").then_some(Event::NonPrimary)
}

/// Reads `Shifting JOINED -> SYNCED (TO: 15)` (`gcs/src/gcs.cpp`); a shift that `is not allowed` did not happen.
pub fn shift(message: &[u8]) -> Option<Event> {
    let parts = (preceded(tag("Shifting "), arrow), preceded(tag(" (TO: "), seqno));
    let ((from, to), seqno) = read(parts, message)?;
    Some(Event::Shift { from, to, seqno })
}

/// Reads `Restored state OPEN -> SYNCED (15)` (`gcs/src/gcs.cpp`).
pub fn restored(message: &[u8]) -> Option<Event> {
    let parts = (preceded(tag("Restored state "), arrow), preceded(tag(" ("), seqno));
    let ((from, to), seqno) = read(parts, message)?;
    Some(Event::Restored { from, to, seqno })
}

/// Reads `Member 0.0 (node1) synced with group.`, `… desyncs itself from group` and `… resyncs itself to group.`
/// (`gcs/src/gcs_group.cpp`).
pub fn member_state(message: &[u8]) -> Option<Event> {
    let (rest, index) = member(message).ok()?;
    let named = |mark| read(name_before(mark), rest);
    if let Some(name) = named(") synced with group") {
        return Some(Event::MemberSynced { index, name });
    }
    if let Some(name) = named(") desyncs itself from group") {
        return Some(Event::Desync { index, name });
    }
    named(") resyncs itself to group").map(|name| Event::Resync { index, name })
}

/// Reads `Member 1.0 (node2) requested state transfer from '*any*'.` and what the group answers: `Selected 0.0
/// (node1)(SYNCED) as donor.` or `, but it is impossible to select State Transfer donor: …` (`gcs/src/gcs_group.cpp`).
pub fn transfer_request(message: &[u8]) -> Option<Event> {
    let (rest, joiner_index) = member(message).ok()?;
    let mut request = (name_before(") requested state transfer from "), map(quoted, text));
    let (rest, (joiner, wanted)) = request.parse(rest).ok()?;
    if let Some(reason) = read(refused, rest) {
        return Some(Event::NoDonor { joiner_index, joiner, wanted, reason });
    }
    let (donor_index, donor, donor_state) = selected(rest)?;
    Some(Event::TransferRequested { joiner_index, joiner, wanted, donor_index, donor, donor_state })
}

fn refused(input: &[u8]) -> Parsed<'_, String> {
    preceded(tag(", but it is impossible to select State Transfer donor: "), line_text).parse(input)
}

/// `. Selected 0.0 (node1)(SYNCED) as donor.`; the name may hold parentheses, the state cannot.
fn selected(input: &[u8]) -> Option<(i32, String, String)> {
    let (rest, index) = delimited(tag(". Selected "), member_index, tag(" (")).parse(input).ok()?;
    let (inside, _) = split_last(rest, b") as donor")?;
    let (name, state) = split_last(inside, b")(")?;
    Some((index, text(name), text(state)))
}

/// Reads `0.0 (node1): State transfer to 1.0 (node2) complete.`, printed for the donor, `1.0 (node2): State transfer
/// from 0.0 (node1) complete.`, printed for the joiner, and `… failed: …` of both (`gcs/src/gcs_group.cpp`).
pub fn transfer_result(message: &[u8]) -> Option<Event> {
    let (_, (sender, to_joiner, other)) = transfer_ends(message).ok()?;
    let ((donor_index, donor), (joiner_index, joiner)) = if to_joiner { (sender, other.0) } else { (other.0, sender) };
    let by = if to_joiner { "donor" } else { "joiner" }.to_owned();
    let error = other.1;
    let outcome = if error.is_some() { "failed" } else { "complete" }.to_owned();
    Some(Event::TransferResult { donor_index, donor, joiner_index, joiner, outcome, error, by })
}

type MemberName = (i32, String);

fn transfer_ends(input: &[u8]) -> Parsed<'_, (MemberName, bool, (MemberName, Option<String>))> {
    let (input, sender) = (terminated(member_index, tag(" (")), name_before("): State transfer ")).parse(input)?;
    let (input, to_joiner) = alt((value(true, tag("to ")), value(false, tag("from ")))).parse(input)?;
    let (input, other) = alt((transfer_complete, transfer_failed)).parse(input)?;
    Ok((input, (sender, to_joiner, other)))
}

fn transfer_complete(input: &[u8]) -> Parsed<'_, (MemberName, Option<String>)> {
    let end = (terminated(member_index, tag(" (")), name_before(") complete"));
    map(end, |member| (member, None)).parse(input)
}

fn transfer_failed(input: &[u8]) -> Parsed<'_, (MemberName, Option<String>)> {
    let end = (terminated(member_index, tag(" (")), name_before(") failed: "));
    map((end, line_text), |(member, error)| (member, Some(error))).parse(input)
}

/// Reads `Member 0(node1) initiates vote on <gtid>,<hash>:  <error>` and `… responds to vote on …: Success`
/// (`gcs/src/gcs_group.cpp`).
pub fn vote(message: &[u8]) -> Option<Event> {
    let initiates = vote_with("initiates", ") initiates vote on ");
    let responds = vote_with("responds", ") responds to vote on ");
    read(alt((initiates, responds)), message)
}

fn vote_with<'a>(step: &'static str, mark: &'static str) -> impl Parser<&'a [u8], Output = Event, Error = Failed<'a>> {
    let voter = (delimited(tag("Member "), member_index, (opt(char(' ')), char('('))), name_before(mark));
    let vote = (terminated(gtid, char(',')), map(hex_digit1, text), opt(preceded(char(':'), line_text)));
    map((voter, vote), move |((index, name), (gtid, hash, error))| {
        let error = error.filter(|error| !matches!(error.as_str(), "" | "Success" | "(null)"));
        Event::Vote { index, name, gtid, hash, error, step: step.to_owned() }
    })
}

/// Reads `Votes over <gtid>:` with `Winner: <hash>` below (`gcs/src/gcs_group.cpp`). The group prints the same block
/// without a winner while it waits for more votes; that is no result.
pub fn vote_result(message: &[u8]) -> Option<Event> {
    let winner = preceded(after("\nWinner: "), map(hex_digit1, text));
    let (gtid, winner) = read((preceded(tag("Votes over "), gtid), winner), message)?;
    Some(Event::VoteResult { gtid, winner })
}

/// Reads `Flow-control interval: [16, 16]` (`gcs/src/gcs.cpp`).
pub fn flow_interval(message: &[u8]) -> Option<Event> {
    let limits = separated_pair(number32, (char(','), opt(is_not("0123456789]"))), number32);
    let (low, high) = read(delimited(tag("Flow-control interval: ["), limits, char(']')), message)?;
    Some(Event::FlowInterval { low, high })
}

#[cfg(test)]
mod tests;
