//! The server's side of replication: its views and states, state transfers as the server and the provider run them,
//! and what breaks when data differ.

use nom::Parser;
use nom::branch::alt;
use nom::bytes::complete::{is_not, tag, take_until, take_while};
use nom::character::complete::{char, i32 as signed, i64 as signed64, u32 as number32, u64 as number64};
use nom::combinator::{map, opt, rest};
use nom::multi::count;
use nom::sequence::{delimited, preceded, separated_pair, terminated};

use super::event::{Event, Gtid, ViewMember};
use super::fields::{
    Parsed, address, after, arrow, blank, gtid, line, line_text, number, quoted, read, row, seqno, seqno_range,
    split_first, split_last, text, uuid, word,
};

/// Reads the frame of a view: a line of equals signs, `View:`, then `id:`, `status:`, `final:`, `own_index:` and
/// `members(n):` with n rows (`wsrep-lib/src/server_state.cpp`). A frame with fewer rows than it announces was cut
/// and is `None`.
pub fn server_view(message: &[u8]) -> Option<Event> {
    let mut opening = (take_while(|byte| byte == b'='), blank, tag("View:"));
    let (frame, _) = opening.parse(message).ok()?;
    let (head, rest) = split_first(frame, b"members(")?;
    let field = |name: &[u8]| {
        let mut rows = head.split(|&byte| byte == b'\n').filter_map(|line| row(line, b":"));
        rows.find(|(key, _)| *key == name).map(|(_, value)| value)
    };
    Some(Event::ServerView {
        gtid: read(gtid, field(b"id")?)?,
        status: text(field(b"status")?),
        is_final: field(b"final")? == b"yes",
        own_index: number(field(b"own_index")?)?,
        members: read(server_members, rest)?,
    })
}

fn server_members(input: &[u8]) -> Parsed<'_, Vec<ViewMember>> {
    let (input, announced) = terminated(number32, tag("):")).parse(input)?;
    count(preceded(blank, server_member), usize::try_from(announced).unwrap_or(usize::MAX)).parse(input)
}

/// `0: 78650423-e7de-11f1-bf73-9ea06b588129, node1`.
fn server_member(input: &[u8]) -> Parsed<'_, ViewMember> {
    let (input, index) = terminated(number32, tag(": ")).parse(input)?;
    let (input, uuid) = uuid(input)?;
    let (input, name) = opt(preceded(tag(", "), line)).parse(input)?;
    Ok((input, ViewMember { index: Some(index), uuid, name: name.map(text), segment: None }))
}

/// Reads `New cluster view: global state: <gtid>, view# 18: Primary, number of nodes: 3, my index: 0, protocol version 2`
/// (`sql/wsrep_mysqld.cc` of the servers for Galera 25.3).
pub fn cluster_view(message: &[u8]) -> Option<Event> {
    let parts = (
        preceded(tag("New cluster view: global state: "), gtid),
        preceded(tag(", view# "), signed64),
        preceded(tag(": "), is_not(",\n")),
        preceded(tag(", number of nodes: "), number32),
        preceded(tag(", my index: "), signed),
        opt(preceded(tag(", protocol version "), signed)),
    );
    let (gtid, number, status, members, own_index, protocol) = read(parts, message)?;
    Some(Event::ClusterView { gtid, number, status: text(status), members, own_index, protocol })
}

/// Reads `Server status change joined -> synced` (`sql/wsrep_server_service.cc`).
pub fn status_change(message: &[u8]) -> Option<Event> {
    let (from, to) = read(preceded(tag("Server status change "), arrow), message)?;
    Some(Event::StatusChange { from, to })
}

/// Reads `Server node1 connected to cluster at position <gtid> with ID <uuid>` (`wsrep-lib/src/server_state.cpp`).
pub fn server_connected(message: &[u8]) -> Option<Event> {
    let mark = " connected to cluster at position ";
    let name = delimited(tag("Server "), take_until(mark), tag(mark));
    let (name, position, uuid) = read((name, gtid, preceded(tag(" with ID "), uuid)), message)?;
    Some(Event::ServerConnected { name: text(name), position, uuid })
}

/// Reads `Synchronized with group, ready for connections` (`sql/wsrep_server_service.cc`).
pub fn synchronized(message: &[u8]) -> Option<Event> {
    message.starts_with(b"Synchronized with group, ready").then_some(Event::Synchronized)
}

/// Reads `State transfer required:` with the two positions below it (`galera/src/replicator_smm.cpp`).
pub fn transfer_required(message: &[u8]) -> Option<Event> {
    let group = preceded((tag("State transfer required:"), after("Group state: ")), gtid);
    let local = preceded(after("Local state: "), gtid);
    let (group, local) = read((group, local), message)?;
    Some(Event::TransferRequired { group, local })
}

/// Reads `Running: 'wsrep_sst_rsync --role 'joiner' --address '…' …'` (`sql/wsrep_sst.cc`), also with the positional
/// arguments of the 5.5 servers, `Running: 'wsrep_sst_rsync 'donor' '10.0.0.2:4444/rsync_sst' …'`.
pub fn sst_run(message: &[u8]) -> Option<Event> {
    let quoted = message.strip_prefix(b"Running: '")?.trim_ascii_end();
    let command = quoted.strip_suffix(b"'").unwrap_or(quoted);
    let script = script(command)?;
    Some(Event::SstRun {
        role: script.role,
        method: script.method,
        address: script.address,
        datadir: argument(command, b"--datadir"),
        command: text(command),
    })
}

/// Reads `Process completed with error: wsrep_sst_rsync --role 'donor' …: 255 (Unknown error 255)`
/// (`sql/wsrep_utils.cc`). The number is the exit code of the script, the words are that number read as an errno.
pub fn sst_script_failed(message: &[u8]) -> Option<Event> {
    let first = read(line, message)?;
    let command = first.strip_prefix(b"Process completed with error: ")?;
    let script = script(command)?;
    let exit = split_last(command, b": ").and_then(|(_, exit)| read(exit_code, exit));
    let (code, error) = exit.unzip();
    Some(Event::SstScriptFailed { method: script.method, role: script.role, code, error })
}

/// `255 (Unknown error 255)`.
fn exit_code(input: &[u8]) -> Parsed<'_, (i32, String)> {
    let (input, code) = terminated(signed, tag(" (")).parse(input)?;
    let (input, error) = line_text(input)?;
    Ok((input, (code, error.strip_suffix(')').unwrap_or(&error).to_owned())))
}

struct Script {
    method: String,
    role: String,
    address: Option<String>,
}

fn script(command: &[u8]) -> Option<Script> {
    let (name, arguments) = split_first(command, b" ")?;
    let method = text(name.strip_prefix(b"wsrep_sst_")?);
    if let Some(role) = argument(command, b"--role") {
        return Some(Script { method, role, address: argument(command, b"--address") });
    }
    // mysqldump runs on the donor alone, so it is never told a role.
    if method == "mysqldump" {
        return Some(Script { method, role: "donor".to_owned(), address: argument(command, b"--address") });
    }
    let (role, address) = read(separated_pair(quoted, blank, quoted), arguments)?;
    matches!(role, b"joiner" | b"donor").then(|| Script { method, role: text(role), address: Some(text(address)) })
}

/// The value behind an option, with or without quotes around it.
fn argument(command: &[u8], option: &[u8]) -> Option<String> {
    let (_, behind) = split_first(command, option)?;
    read(preceded((opt(char('=')), blank), alt((quoted, word))), behind).map(text)
}

/// Reads `rsync IST started on joiner` and `mariabackup SST completed on donor` of the scripts
/// (`scripts/wsrep_sst_rsync.sh`, `scripts/wsrep_sst_mariabackup.sh`).
pub fn sst_stage(message: &[u8]) -> Option<Event> {
    let transfer = preceded(char(' '), alt((tag("SST"), tag("IST"))));
    let step = preceded(char(' '), alt((tag("started"), tag("completed"))));
    let role = preceded(tag(" on "), alt((tag("joiner"), tag("donor"))));
    let (method, transfer, step, role) = read((word, transfer, step, role), message)?;
    Some(Event::SstStage { method: text(method), transfer: text(transfer), step: text(step), role: text(role) })
}

/// Reads `SST received: <gtid>` (`galera/src/replicator_str.cpp`).
pub fn sst_received(message: &[u8]) -> Option<Event> {
    let position = read(preceded(tag("SST received: "), gtid), message)?;
    Some(Event::SstReceived { position })
}

/// Reads `SST sent: <gtid>` and `SST sending failed: -32` (`wsrep-lib/src/server_state.cpp`).
pub fn sst_sent(message: &[u8]) -> Option<Event> {
    if read(preceded(tag("SST sent: "), gtid), message).is_some() {
        return Some(Event::SstSent { outcome: "complete".to_owned(), code: None });
    }
    let code = read(preceded(tag("SST sending failed: "), signed), message)?;
    Some(Event::SstSent { outcome: "failed".to_owned(), code: Some(code) })
}

/// Reads `IST receiver addr using A`, `Prepared IST receiver for 14-16, listening at: A` and, before 26.4,
/// `Prepared IST receiver, listening at: A` (`galera/src/ist.cpp`).
pub fn ist_receiver(message: &[u8]) -> Option<Event> {
    let using = map(preceded(tag("IST receiver addr using "), address), |address| (None, address));
    let range = preceded(tag("Prepared IST receiver"), opt(preceded(tag(" for "), seqno_range)));
    let prepared = (range, preceded(tag(", listening at: "), address));
    let (range, address) = read(alt((using, prepared)), message)?;
    let (first, last) = range.unzip();
    Some(Event::IstReceiver { address, first, last })
}

/// Reads `Receiving IST: 3 writesets, seqnos 14-16` (`galera/src/replicator_str.cpp`).
pub fn ist_receiving(message: &[u8]) -> Option<Event> {
    let parts = (preceded(tag("Receiving IST: "), number64), preceded(tag(" writesets, seqnos "), seqno_range));
    let (count, (first, last)) = read(parts, message)?;
    Some(Event::IstReceiving { count, first, last })
}

/// Reads the joiner's `Receiving IST failed, node restart required: …` (`galera/src/replicator_str.cpp`). Here and in
/// the next four, the error is what the line says behind its opening, without the source positions on the lines below.
pub fn ist_receive_failed(message: &[u8]) -> Option<Event> {
    let opening = (alt((tag("Receiving"), tag("receiving"))), tag(" IST failed, node restart required: "));
    read(preceded(opening, line_text), message).map(|error| Event::IstFailed { error })
}

/// Reads the joiner's `IST receiver reported failure: '…' (71)` (`galera/src/replicator_smm.hpp`); it also stands as
/// the reason inside the line above, where it is no failure of its own.
pub fn ist_reported(message: &[u8]) -> Option<Event> {
    read(preceded(tag("IST receiver reported failure: "), line_text), message).map(|error| Event::IstFailed { error })
}

/// Reads the donor's `async IST sender failed to serve A: …` (`galera/src/ist.cpp`).
pub fn ist_serve_failed(message: &[u8]) -> Option<Event> {
    let opening = (tag("async IST sender failed to serve "), take_until(": "), tag(": "));
    read(preceded(opening, line_text), message).map(|error| Event::IstFailed { error })
}

/// Reads the donor's `IST sender, failed to connect 'A': …` (`galera/src/ist.cpp`), an error of its own before 26.4
/// and the reason inside the next line since.
pub fn ist_connect_failed(message: &[u8]) -> Option<Event> {
    let opening = (tag("IST sender, failed to connect "), quoted, tag(": "));
    read(preceded(opening, line_text), message).map(|error| Event::IstFailed { error })
}

/// Reads the donor's `IST failed: …` (`galera/src/replicator_str.cpp`).
pub fn ist_donate_failed(message: &[u8]) -> Option<Event> {
    read(preceded(tag("IST failed: "), line_text), message).map(|error| Event::IstFailed { error })
}

/// Reads `async IST sender starting to serve A sending 14-16, preload starts from 16` (`galera/src/ist.cpp`).
pub fn ist_sending(message: &[u8]) -> Option<Event> {
    let opening = tag("async IST sender starting to serve ");
    let (address, (first, last)) =
        read(separated_pair(preceded(opening, address), tag(" sending "), seqno_range), message)?;
    Some(Event::IstSending { address, first, last })
}

/// Reads `IST received: <gtid>` (`galera/src/replicator_str.cpp`).
pub fn ist_received(message: &[u8]) -> Option<Event> {
    let position = read(preceded(tag("IST received: "), gtid), message)?;
    Some(Event::IstReceived { position })
}

/// Reads `Will never receive state. Need to abort.` behind the place in the sources (`gcs/src/gcs_group.cpp`).
pub fn never_receives(message: &[u8]) -> Option<Event> {
    split_first(message, b"Will never receive state").map(|_| Event::NeverReceives)
}

/// Reads how far the joiner's script is (`scripts/wsrep_sst_mariabackup.sh`).
pub fn sst_step(message: &[u8]) -> Option<Event> {
    let first = read(line, message)?;
    let step = first.strip_prefix(b"WSREP_SST: [INFO] ").unwrap_or(first);
    let step = if step.starts_with(b"Proceeding with SST") {
        "receiving"
    } else if step.starts_with(b"Preparing the backup at ") {
        "preparing"
    } else {
        return None;
    };
    Some(Event::SstStep { step: step.to_owned() })
}

/// Reads `IST first seqno 14 not found from cache, falling back to SST` (`galera/src/replicator_str.cpp`).
pub fn ist_first_missing(message: &[u8]) -> Option<Event> {
    let seqno = read(delimited(tag("IST first seqno "), seqno, tag(" not found from cache")), message)?;
    Some(Event::IstFirstMissing { seqno })
}

/// Reads the verdicts after which a node leaves because its data differ (`galera/src/replicator_smm.cpp`): by vote
/// (26.4), or by its own failure to apply (before, and where voting is off).
pub fn inconsistent(message: &[u8]) -> Option<Event> {
    let first = read(line, message)?;
    let by_vote = first.starts_with(b"Inconsistency detected: ")
        || (first.starts_with(b"Vote ") && split_first(first, b" is inconsistent with group").is_some());
    let by_itself = first.starts_with(b"Node consistency compromi");
    (by_vote || by_itself).then(|| Event::Inconsistent { gtid: first_gtid(first) })
}

fn first_gtid(line: &[u8]) -> Option<Gtid> {
    line.split(u8::is_ascii_whitespace).find_map(|word| read(gtid, word))
}

/// Reads `… Could not execute Write_rows_v1 event on table shop.stock; …, Error_code: 1062; handler error …; …`
/// (`sql/log_event_server.cc`). Several errors may stand one behind the other; the first is the cause.
pub fn applier_error(message: &[u8]) -> Option<Event> {
    read(applier_failed, message)
}

fn applier_failed(input: &[u8]) -> Parsed<'_, Event> {
    let (input, operation) = preceded(after("Could not execute "), word).parse(input)?;
    let (input, table) = preceded(tag(" event on table "), is_not(";\n")).parse(input)?;
    let (input, behind) = rest(input)?;
    let first = split_first(behind, b", Error_code: ").and_then(|(error, code)| {
        Some((text(error.trim_ascii_start().strip_prefix(b";").unwrap_or(error)), read(number32, code)?))
    });
    let (error, code) = first.unzip();
    let handler = split_first(behind, b"handler error ").and_then(|(_, name)| read(is_not(";\n"), name));
    let event =
        Event::ApplierError { operation: text(operation), table: text(table), error, code, handler: handler.map(text) };
    Ok((input, event))
}

/// Reads `Provider paused at <gtid> (22)` (`galera/src/replicator_smm.cpp`); the server adds `Provider paused at: 15`
/// for the same pause.
pub fn provider_paused(message: &[u8]) -> Option<Event> {
    let position = read(preceded(tag("Provider paused at "), gtid), message)?;
    Some(Event::ProviderPaused { position })
}

/// Reads `Provider resumed.` (`galera/src/replicator_smm.cpp`).
pub fn provider_resumed(message: &[u8]) -> Option<Event> {
    message.starts_with(b"Provider resumed").then_some(Event::ProviderResumed)
}

#[cfg(test)]
mod tests;
