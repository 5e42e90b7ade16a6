//! Group communication: the links between nodes, who is suspected or lost, and the views that follow.
//!
//! gcomm knows a node by its short id only; names come from the lines of gcs and of the server.

use nom::Parser;
use nom::branch::alt;
use nom::bytes::complete::{is_not, tag};
use nom::character::complete::{char, u32 as number32, u64 as number64};
use nom::combinator::{map, opt, recognize, value, verify};
use nom::multi::many0;
use nom::sequence::{delimited, preceded, separated_pair, terminated};

use super::event::{Event, ViewMember};
use super::fields::{
    Failed, Parsed, address, after, blank, line_text, link, period, quoted, read, short_id, split_first, text, word,
};

/// Reads `(…, 'tcp://0.0.0.0:4567') listening at tcp://0.0.0.0:4567` (`gcomm/src/gmcast.cpp`).
pub fn listening(message: &[u8]) -> Option<Event> {
    let (uuid, address) = read(separated_pair(link, tag("listening at "), address), message)?;
    Some(Event::Listening { uuid, address })
}

/// Reads `gcomm: connecting to group 'prod', peer '10.0.0.1:,10.0.0.2:'` (`gcs/src/gcs_gcomm.cpp`).
pub fn connecting(message: &[u8]) -> Option<Event> {
    let parts = (preceded(tag("gcomm: connecting to group "), quoted), preceded(tag(", peer "), quoted));
    let (group, peers) = read(parts, message)?;
    Some(Event::Connecting { group: text(group), peers: text(peers) })
}

/// Reads `gcomm: bootstrapping new group 'prod'` (`gcs/src/gcs_gcomm.cpp`).
pub fn bootstrapping(message: &[u8]) -> Option<Event> {
    let group = read(preceded(tag("gcomm: bootstrapping new group "), quoted), message)?;
    Some(Event::Bootstrapping { group: text(group) })
}

/// Reads `gcomm: connected` (`gcs/src/gcs_gcomm.cpp`).
pub fn connected(message: &[u8]) -> Option<Event> {
    (message.trim_ascii() == b"gcomm: connected").then_some(Event::Connected)
}

/// Reads `(…) connection established to bf24f34d-bcef tcp://10.0.0.2:4567` (`gcomm/src/gmcast.cpp`).
pub fn connection_established(message: &[u8]) -> Option<Event> {
    let opening = (link, tag("connection established to "));
    let (peer, address) = read(preceded(opening, separated_pair(short_id, char(' '), address)), message)?;
    Some(Event::ConnectionEstablished { peer, address })
}

/// Reads `Failed to establish connection: …`, and what stood in its place for a failed TLS handshake:
/// `Handshake failed: …` (26.4.11-26.4.18) and `handshake with remote endpoint A failed: asio.ssl:1: '…' ( 1: '…')`
/// (25.3 to 26.4.6) (`gcomm/src/asio_tcp.cpp`).
pub fn connect_failed(message: &[u8]) -> Option<Event> {
    read(alt((failed_now, failed_before)), message).map(|reason| Event::ConnectFailed { reason })
}

fn failed_now(input: &[u8]) -> Parsed<'_, String> {
    preceded(alt((tag("Failed to establish connection: "), tag("Handshake failed: "))), line_text).parse(input)
}

fn failed_before(input: &[u8]) -> Parsed<'_, String> {
    let opening = (tag("handshake with remote endpoint "), address, tag(" failed: "));
    preceded(opening, alt((map(preceded(is_not("'\n"), quoted), text), line_text))).parse(input)
}

/// Reads `(…) connection to peer P with addr A timed out, no messages seen in PT3S, socket stats: …`
/// (`gcomm/src/gmcast.cpp`).
pub fn peer_timeout(message: &[u8]) -> Option<Event> {
    read(timed_out, message)
}

fn timed_out(input: &[u8]) -> Parsed<'_, Event> {
    let (input, peer) = preceded((link, tag("connection to peer ")), short_id).parse(input)?;
    let (input, address) = preceded(tag(" with addr "), opt(address)).parse(input)?;
    let (input, seen) = preceded(tag(" timed out, no messages seen in "), recognize(period)).parse(input)?;
    let address = address.unwrap_or_default();
    Ok((input, Event::PeerTimeout { peer, address, period: text(seen) }))
}

/// Reads `(…) reconnecting to P (A), attempt 30` (`gcomm/src/gmcast.cpp`).
pub fn reconnecting(message: &[u8]) -> Option<Event> {
    let opening = (link, tag("reconnecting to "));
    let attempt = preceded(tag(", attempt "), number32);
    let ((peer, address), attempt) = read(preceded(opening, (peer_at, attempt)), message)?;
    Some(Event::Reconnecting { peer, address, attempt })
}

/// `bf24f34d-bcef (tcp://10.0.0.2:4567)`.
fn peer_at(input: &[u8]) -> Parsed<'_, (String, String)> {
    let place = map(delimited(tag(" ("), opt(address), char(')')), Option::unwrap_or_default);
    (short_id, place).parse(input)
}

/// Reads `(…) turning message relay requesting on, nonlive peers: …` and `… off` (`gcomm/src/gmcast.cpp`).
pub fn relay(message: &[u8]) -> Option<Event> {
    let on = map(preceded(tag("on, nonlive peers:"), message_or_nothing), |peers| Event::RelayOn { peers });
    let off = value(Event::RelayOff, tag("off"));
    read(preceded((link, tag("turning message relay requesting ")), alt((on, off))), message)
}

fn message_or_nothing(input: &[u8]) -> Parsed<'_, String> {
    map(opt(line_text), Option::unwrap_or_default).parse(input)
}

/// Reads `evs::proto(…) suspecting node: P` (`gcomm/src/evs_proto.cpp`).
pub fn suspect(message: &[u8]) -> Option<Event> {
    let peer = read(preceded((tag("evs::proto("), after(" suspecting node: ")), short_id), message)?;
    Some(Event::Suspect { peer })
}

/// Reads the ways in which a member is declared inactive (`gcomm/src/evs_proto.cpp`): silence, a commit of the install
/// message that never came, or the word of the others.
pub fn inactive(message: &[u8]) -> Option<Event> {
    let silent = preceded((tag("evs::proto("), after(" detected inactive node: ")), short_id);
    let uncommitted = delimited(
        (tag("evs::proto("), after(") node ")),
        short_id,
        (tag(" failed to commit for install message"), after("declaring inactive")),
    );
    let peer = read(alt((silent, uncommitted, declared)), message)?;
    Some(Event::Inactive { peer })
}

fn declared(input: &[u8]) -> Parsed<'_, String> {
    let opening = alt((
        tag("declaring suspected "),
        tag("declaring source "),
        tag("marking operational node "),
        tag("setting source "),
        tag("setting "),
        tag("node "),
    ));
    delimited(opening, short_id, after("inactive")).parse(input)
}

/// Reads the lines of an eviction: decided (`gcomm/src/evs_proto.cpp`), carried out (`gcomm/src/gmcast.cpp`), and
/// each later attempt to connect (`gcomm/src/gmcast_proto.cpp`).
pub fn evicted(message: &[u8]) -> Option<Event> {
    let decided = (
        preceded(tag("evicting member "), short_id),
        delimited(tag(" at "), opt(address), tag(" permanently from group")),
    );
    let refused = (preceded(tag("peer "), short_id), delimited(tag(" from "), opt(address), tag(" has been evicted")));
    let closed =
        map(preceded(alt((tag("Closing connection to evicted node "), tag("Evicting node "))), short_id), |peer| {
            (peer, None)
        });
    let (peer, address) = read(alt((decided, refused, closed)), message)?;
    Some(Event::Evicted { peer, address })
}

/// Reads `forgetting P (A)` (`gcomm/src/gmcast.cpp`).
pub fn forgetting(message: &[u8]) -> Option<Event> {
    let (peer, address) = read(preceded(tag("forgetting "), peer_at), message)?;
    Some(Event::Forgetting { peer, address })
}

/// Reads `remote endpoint A changed identity U -> U` (`gcomm/src/gmcast.cpp`).
pub fn identity_changed(message: &[u8]) -> Option<Event> {
    let identities = separated_pair(word, tag(" -> "), word);
    let parts = (preceded(tag("remote endpoint "), address), preceded(tag(" changed identity "), identities));
    let (address, (old, peer)) = read(parts, message)?;
    Some(Event::IdentityChanged { address, old: text(old), peer: text(peer) })
}

/// Reads `handshake failed, my group: 'prod', peer group: 'test'` (`gcomm/src/gmcast_proto.cpp`). Not a TLS handshake.
pub fn group_mismatch(message: &[u8]) -> Option<Event> {
    let parts = (preceded(tag("handshake failed, my group: "), quoted), preceded(tag(", peer group: "), quoted));
    let (mine, peer_group) = read(parts, message)?;
    Some(Event::GroupMismatch { mine: text(mine), peer_group: text(peer_group) })
}

/// Reads `last inactive check more than PT1.5S ago (PT10.1S), skipping check` (`gcomm/src/evs_proto.cpp`); Percona
/// names the option between the two.
pub fn inactive_check(message: &[u8]) -> Option<Event> {
    let opening = (tag("last inactive check more than "), period, after(" ago ("));
    let seconds = read(preceded(opening, period), message)?;
    Some(Event::InactiveCheck { seconds })
}

/// Reads `Node P state prim` (`gcomm/src/pc_proto.cpp`) and Percona's `Node P state primary`.
pub fn node_state(message: &[u8]) -> Option<Event> {
    let parts = (preceded(tag("Node "), short_id), preceded(tag(" state "), word));
    let (peer, state) = read(parts, message)?;
    Some(Event::NodeState { peer, state: text(state) })
}

/// Reads `failed to open gcomm backend connection: 110: failed to reach primary view` (`gcomm/src/pc.cpp`).
pub fn primary_not_reached(message: &[u8]) -> Option<Event> {
    split_first(message, b"failed to reach primary view").map(|_| Event::PrimaryNotReached)
}

/// Reads `No nodes coming from primary view, …` and the older `no nodes coming from prim view, …`
/// (`gcomm/src/pc_proto.cpp`).
pub fn no_primary_peers(message: &[u8]) -> Option<Event> {
    let new = message.starts_with(b"No nodes coming from primary view");
    let old = message.starts_with(b"no nodes coming from prim view");
    (new || old).then_some(Event::NoPrimaryPeers)
}

/// Reads a view of group communication (`gcomm/src/view.cpp`): over several lines, on one line (before 25.3), and
/// with Percona's sentence in front. A view without its end is `None`: a member that a cut line has lost would look
/// like a member that the group has lost.
pub fn view(message: &[u8]) -> Option<Event> {
    let opening = (opt((tag("Current view of cluster as seen by this node"), blank)), tag("view"), blank, tag("("));
    read(preceded(opening, alt((empty_view, full_view))), message)
}

fn empty_view(input: &[u8]) -> Parsed<'_, Event> {
    let nothing = Event::GcommView {
        status: "empty".to_owned(),
        id: None,
        seq: None,
        members: Vec::new(),
        joined: Vec::new(),
        left: Vec::new(),
        partitioned: Vec::new(),
    };
    value(nothing, tag("(empty))")).parse(input)
}

fn full_view(input: &[u8]) -> Parsed<'_, Event> {
    let (input, (status, id, seq)) = view_id(input)?;
    let (input, members) = rows("memb").parse(input)?;
    let (input, joined) = rows("joined").parse(input)?;
    let (input, left) = rows("left").parse(input)?;
    let (input, partitioned) = rows("partitioned").parse(input)?;
    let (input, _) = (blank, char(')')).parse(input)?;
    Ok((input, Event::GcommView { status, id: Some(id), seq: Some(seq), members, joined, left, partitioned }))
}

/// `view_id(PRIM,b63c1f5a-9f1a,4)`.
fn view_id(input: &[u8]) -> Parsed<'_, (String, String, u64)> {
    let status = verify(is_not(",)\n"), |word: &[u8]| word.iter().all(|b| b.is_ascii_uppercase() || *b == b'_'));
    let inside = (terminated(map(status, text), char(',')), terminated(short_id, char(',')), number64);
    delimited(tag("view_id("), inside, char(')')).parse(input)
}

/// `partitioned {` rows of `b63c1f5a-9f1a,0` `}`.
fn rows<'a>(title: &'static str) -> impl Parser<&'a [u8], Output = Vec<ViewMember>, Error = Failed<'a>> {
    let opening = (blank, tag(title), blank, char('{'));
    delimited(opening, many0(preceded(blank, row)), (blank, char('}')))
}

fn row(input: &[u8]) -> Parsed<'_, ViewMember> {
    let (input, uuid) = short_id(input)?;
    let (input, segment) = preceded(opt(char(',')), opt(number32)).parse(input)?;
    Ok((input, ViewMember { index: None, uuid, name: None, segment }))
}

#[cfg(test)]
mod tests;
