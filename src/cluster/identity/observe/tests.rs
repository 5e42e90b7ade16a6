use chrono::{NaiveDateTime, TimeDelta};

use super::*;
use crate::cluster::clock::Clock;
use crate::parse::{gcomm, provider, wsrep};

const FIRST: &str = "2c5b3507-e7dd-11f1-908c-e7479cb312ae";
const SECOND: &str = "2e6447a8-e7dd-11f1-b02a-d7c93259eb50";

fn at(second: i64) -> NaiveDateTime {
    NaiveDateTime::default() + TimeDelta::seconds(second)
}

/// Takes in one event whose record is this text, at this second and line.
fn observe(identity: &mut Identity, second: i64, event: &Event, text: &str) {
    let stamp = |second| Some(Stamp::local(at(second)));
    let line = second.unsigned_abs();
    let place =
        Place { file: 0, line, time: stamp(second), before: stamp(second - 1), text: text.as_bytes(), inner: &[] };
    identity.observe(event, &place);
}

fn connect(identity: &mut Identity, second: i64, message: &str) {
    observe(identity, second, &gcomm::connection_established(message.as_bytes()).expect("a link"), message);
}

fn view(rows: &str, own: i32) -> (Event, String) {
    let members = rows.lines().count();
    let text = format!(
        "================================================\nView:\n  id: ce7b9535-e7da-11f1-a359-aace47ddf325:19\n  \
         status: primary\n  protocol_version: 4\n  final: no\n  own_index: {own}\n  members({members}):\n{rows}\n\
         ================================================="
    );
    (wsrep::server_view(text.as_bytes()).expect("a view"), text)
}

#[test]
fn a_restart_gives_a_node_a_new_uuid() {
    let mut identity = Identity::default();
    for (second, uuid) in [(10, FIRST), (50, SECOND)] {
        let start = Event::ServerStart { version: "10.11.19-MariaDB".into(), pid: Some(1) };
        observe(&mut identity, second, &start, "Starting MariaDB 10.11.19-MariaDB");
        let text = format!("Server node3 connected to cluster at position {FIRST}:15 with ID {uuid}");
        let connected = wsrep::server_connected(text.as_bytes()).expect("a connection");
        observe(&mut identity, second + 5, &connected, &text);
        let text = format!("####### My UUID: {uuid}");
        observe(&mut identity, second + 6, &provider::own_uuid(text.as_bytes()).expect("a UUID"), &text);
    }
    identity.close(Some(Stamp::local(at(90))));
    let clock = Clock::default();
    let lives: Vec<_> = identity.lives(&clock).map(|life| (life.uuid, life.from, life.to)).collect();
    assert_eq!(lives, [(FIRST, at(15), at(49)), (SECOND, at(55), at(90))]);
    assert!(identity.is_own("2c5b3507-908c") && identity.is_own("2e6447a8") && !identity.is_own("2e6447a9"));
    assert_eq!(identity.own_name(), Some("node3"));
}

#[test]
fn an_address_that_is_used_again_has_two_owners() {
    let mut identity = Identity::default();
    connect(
        &mut identity,
        10,
        "(aaaaaaaa-aaaa, 'tcp://0.0.0.0:4567') connection established to 2c5b3507-908c tcp://10.0.0.3:4567",
    );
    connect(
        &mut identity,
        20,
        "(aaaaaaaa-aaaa, 'tcp://0.0.0.0:4567') connection established to 2e6447a8-b02a tcp://10.0.0.3:4567",
    );
    let late = "(aaaaaaaa-aaaa, 'tcp://0.0.0.0:4567') reconnecting to 2c5b3507-908c (tcp://10.0.0.3:4567), attempt 30";
    observe(&mut identity, 30, &gcomm::reconnecting(late.as_bytes()).expect("an attempt"), late);
    let owner = |second| identity.peers.at("10.0.0.3", Some(at(second)), &Clock::default()).map(|fact| &fact.value[..]);
    assert_eq!(
        [owner(5), owner(15), owner(25), owner(99)],
        [Some("2c5b3507-908c"), Some("2c5b3507-908c"), Some("2e6447a8-b02a"), Some("2e6447a8-b02a")]
    );
}

#[test]
fn a_member_is_proven_by_its_row() {
    let mut identity = Identity::default();
    let (event, text) = view(&format!("\t0: {FIRST}, node2\n\t1: {SECOND}, node2"), 1);
    observe(&mut identity, 100, &event, &text);
    let (_, named) = identity.named("2e6447a8-b02a").next().expect("a name");
    assert_eq!((named.first.spot.line, &named.first.text[..]), (109, format!("\t1: {SECOND}, node2").as_bytes()));
    assert_eq!(identity.own_name(), Some("node2"));
    assert!(identity.primary && identity.is_own(SECOND) && !identity.is_own(FIRST));
    let rivals: Vec<&str> = identity.rivals.of(FIRST).map(|fact| fact.value.as_str()).collect();
    assert_eq!(rivals, [SECOND]);
}

#[test]
fn a_password_behind_the_address_is_not_kept() {
    let mut identity = Identity::default();
    let text = "Running: 'wsrep_sst_xtrabackup --role 'joiner' --address '[fd00::3]:4444' --auth 'root:secret' --datadir '/d/''";
    observe(&mut identity, 1, &wsrep::sst_run(text.as_bytes()).expect("a script"), text);
    let fact = identity.addresses.of(way::SST).next().expect("an address");
    assert_eq!(fact.value, "fd00::3");
    assert!(fact.first.text.ends_with(b"[fd00::3]:4444"));
}

#[test]
fn a_peer_that_never_said_who_it_is_has_no_id() {
    let mut identity = Identity::default();
    let text = "(aaaaaaaa-aaaa, 'tcp://0.0.0.0:4567') connection to peer 00000000-0000 with addr tcp://10.0.0.9:4567 \
                timed out, no messages seen in PT3S, socket stats: rtt: 0";
    observe(&mut identity, 1, &gcomm::peer_timeout(text.as_bytes()).expect("a time-out"), text);
    assert_eq!(identity.peers.iter().count(), 0);
    assert_eq!(identity.sought.iter().map(|(host, _)| host).collect::<Vec<_>>(), ["10.0.0.9"]);
}
