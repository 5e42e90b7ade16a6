use chrono::{NaiveDateTime, TimeDelta};

use super::*;
use crate::cluster::identity::Place;
use crate::cluster::log::File;
use crate::cluster::whose::{NamesById, name_of_host};
use crate::parse::event::{Event, Gtid, ViewMember};
use crate::parse::stamp::Stamp;

fn at(second: i64) -> NaiveDateTime {
    NaiveDateTime::default() + TimeDelta::seconds(second)
}

fn stamp(second: i64) -> Option<Stamp> {
    Some(Stamp::local(at(second)))
}

/// A full UUID that begins with this number.
fn uuid(number: u32) -> String {
    format!("{number:08x}-e7dd-11f1-908c-e7479cb312ae")
}

/// A log of a node that says nothing yet.
fn log(stem: &str, from: i64, to: i64) -> Log {
    let file = File { path: format!("{stem}.log"), first_time: stamp(from), last_time: stamp(to), ..File::default() };
    Log { stem: stem.to_owned(), files: vec![file], last_time: stamp(to), ..Log::default() }
}

fn tell(log: &mut Log, second: i64, event: &Event) {
    let (time, before) = (stamp(second), stamp(second - 1));
    let place = Place { file: 0, line: second.unsigned_abs(), time, before, text: b"a line\n", inner: &[] };
    log.identity.observe(event, &place);
}

/// The node starts, listens, wants to join, and sees a primary view with these members, itself first.
fn member(log: &mut Log, second: i64, group: &str, host: &str, members: &[(u32, &str)]) {
    attempt(log, second, group, host, "10.9.9.9:");
    let row = |&(number, name): &(u32, &str)| ViewMember {
        index: None,
        uuid: uuid(number),
        name: Some(name.to_owned()),
        segment: None,
    };
    let gtid = Gtid { uuid: uuid(0), seqno: 1 };
    let members: Vec<ViewMember> = members.iter().map(row).collect();
    tell(
        log,
        second + 2,
        &Event::ServerView { gtid, status: "primary".into(), is_final: false, own_index: 0, members },
    );
}

/// The node starts and wants to join.
fn attempt(log: &mut Log, second: i64, group: &str, host: &str, peers: &str) {
    tell(log, second, &Event::ServerStart { version: "10.11.19".into(), pid: None });
    let options = vec![("base_host".to_owned(), host.to_owned())];
    tell(log, second, &Event::ProviderOptions { options });
    tell(log, second + 1, &Event::Connecting { group: group.into(), peers: peers.into() });
}

/// Puts the logs together; cluster and name of each.
fn together(logs: &mut [Log]) -> Vec<(usize, String)> {
    for log in &mut *logs {
        log.identity.close(log.last_time);
    }
    put_together(&mut logs.iter_mut().collect::<Vec<_>>());
    logs.iter().map(|log| (log.cluster, log.name().to_owned())).collect()
}

fn named(all: &[(usize, &str)]) -> Vec<(usize, String)> {
    all.iter().map(|&(cluster, name)| (cluster, name.to_owned())).collect()
}

#[test]
fn two_nodes_with_one_name_are_two_nodes() {
    let (mut one, mut other) = (log("a", 0, 500), log("b", 0, 500));
    member(&mut one, 10, "prod", "10.0.0.1", &[(1, "db"), (2, "db")]);
    member(&mut other, 10, "prod", "10.0.0.2", &[(2, "db"), (1, "db")]);
    let mut logs = [one, other];
    assert_eq!(together(&mut logs), named(&[(0, "db"), (0, "db (b)")]));
    assert_eq!(NamesById::new(&logs).of(&logs[0], &uuid(2)), Some("db (b)"));
    assert_eq!(name_of_host(&NamesById::new(&logs), &logs, 0, "10.0.0.2", Some(at(100))).as_deref(), Some("db (b)"));
}

#[test]
fn the_log_that_is_called_like_the_node_keeps_the_plain_name() {
    let (mut one, mut other) = (log("a", 0, 500), log("db", 0, 500));
    member(&mut one, 10, "prod", "10.0.0.1", &[(1, "db")]);
    member(&mut other, 10, "prod", "10.0.0.2", &[(2, "db"), (1, "db")]);
    assert_eq!(together(&mut [one, other]), named(&[(0, "db (a)"), (0, "db")]));
}

#[test]
fn logs_of_one_node_given_one_by_one_stay_one_node() {
    let (mut old, mut new, mut copy) = (log("db.old", 0, 100), log("db.new", 101, 300), log("copy", 101, 250));
    member(&mut old, 10, "prod", "10.0.0.1", &[(1, "db"), (9, "peer")]);
    member(&mut new, 150, "prod", "10.0.0.1", &[(2, "db"), (9, "peer")]);
    member(&mut copy, 150, "prod", "10.0.0.1", &[(2, "db"), (9, "peer")]);
    assert_eq!(together(&mut [old, new, copy]), named(&[(0, "db"), (0, "db"), (0, "db")]));
}

#[test]
fn two_clusters_of_one_name_are_told_apart_by_their_views() {
    let node = |stem: &str, own: u32, other: u32| {
        let mut log = log(stem, 0, 500);
        let names = [(own, &stem[1..]), (other, "other")];
        member(&mut log, 10, "prod", &format!("10.0.0.{own}"), &names);
        log
    };
    let mut logs = [node("anode1", 1, 2), node("anode2", 2, 1), node("bnode1", 11, 12)];
    assert_eq!(together(&mut logs), named(&[(0, "node1"), (0, "node2"), (1, "node1 (bnode1)")]));
    assert_eq!(NamesById::new(&logs).of(&logs[0], &uuid(11)), None);
    assert_eq!(name_of_host(&NamesById::new(&logs), &logs, 0, "10.0.0.11", Some(at(100))), None);
    assert_eq!(
        name_of_host(&NamesById::new(&logs), &logs, 2, "10.0.0.11", Some(at(100))).as_deref(),
        Some("node1 (bnode1)")
    );
}

#[test]
fn one_cluster_whose_nodes_all_restarted_between_two_logs_is_one() {
    let (mut monday, mut tuesday) = (log("monday", 0, 100), log("tuesday", 200, 300));
    member(&mut monday, 10, "prod", "10.0.0.1", &[(1, "node1")]);
    member(&mut tuesday, 210, "prod", "10.0.0.2", &[(2, "node2")]);
    assert_eq!(together(&mut [monday, tuesday]), named(&[(0, "node1"), (0, "node2")]));
}

#[test]
fn a_node_with_the_wrong_group_name_belongs_to_the_cluster_that_it_wants_to_join() {
    let (mut one, mut lost, mut other) = (log("node1", 0, 500), log("node3", 0, 500), log("stranger", 0, 500));
    member(&mut one, 10, "prod", "10.0.0.1", &[(1, "node1")]);
    attempt(&mut lost, 50, "test", "10.0.0.3", "10.0.0.1:,[fd00::2]:");
    attempt(&mut other, 50, "test2", "10.1.0.3", "10.1.0.1:");
    assert_eq!(together(&mut [one, lost, other]), named(&[(0, "node1"), (0, "node3"), (1, "stranger")]));
}

#[test]
fn private_addresses_do_not_join_two_clusters() {
    let node = |stem: &str, own: u32, other: u32, host: &str, peer: &str| {
        let mut log = log(stem, 0, 500);
        member(&mut log, 10, "prod", host, &[(own, &stem[1..]), (other, "other")]);
        tell(&mut log, 13, &Event::ConnectionEstablished { peer: uuid(other), address: format!("tcp://{peer}:4567") });
        log
    };
    let mut logs = [
        node("anode1", 1, 2, "172.18.0.2", "172.18.0.3"),
        node("anode2", 2, 1, "172.18.0.3", "172.18.0.2"),
        node("bnode1", 11, 12, "172.18.0.2", "172.18.0.3"),
    ];
    let clusters: Vec<usize> = together(&mut logs).into_iter().map(|(cluster, _)| cluster).collect();
    assert_eq!(clusters, [0, 0, 1]);
}

#[test]
fn a_log_that_tells_nothing_goes_with_most_logs_and_a_side_log_with_its_node() {
    let (mut one, mut two) = (log("node1", 0, 500), log("node2", 0, 500));
    member(&mut one, 10, "prod", "10.0.0.1", &[(1, "node1"), (2, "node2")]);
    member(&mut two, 10, "prod", "10.0.0.2", &[(2, "node2"), (1, "node1")]);
    let mut far = log("far", 0, 500);
    member(&mut far, 10, "test", "10.1.0.1", &[(11, "far")]);
    let side = Log { given: Some("far".to_owned()), ..log("far.mariabackup.backup", 0, 500) };
    let clusters: Vec<usize> =
        together(&mut [far, side, one, two, log("node3", 0, 500)]).into_iter().map(|(cluster, _)| cluster).collect();
    assert_eq!(clusters, [1, 1, 0, 0, 0]);
}

#[test]
fn an_address_goes_to_the_node_that_had_it_at_the_moment() {
    let (mut old, mut new) = (log("node2", 0, 100), log("node4", 200, 300));
    member(&mut old, 10, "prod", "10.0.0.2", &[(1, "node2")]);
    member(&mut new, 210, "prod", "10.0.0.2", &[(2, "node4")]);
    let mut logs = [old, new];
    together(&mut logs);
    for (second, name) in [(5, "node2"), (50, "node2"), (150, "node2"), (250, "node4")] {
        assert_eq!(
            name_of_host(&NamesById::new(&logs), &logs, 0, "10.0.0.2", Some(at(second))).as_deref(),
            Some(name),
            "second {second}"
        );
    }
}

#[test]
fn members_of_replayed_views_do_not_join_two_clusters_that_were_cloned_from_one() {
    let old = [(90, "node1"), (91, "node2")];
    let node = |stem: &str, group: &str, own: u32, host: &str| {
        let mut log = log(stem, 0, 500);
        member(&mut log, 10, group, host, &[(own, stem)]);
        let members = old.map(|(number, name)| ViewMember {
            index: None,
            uuid: uuid(number),
            name: Some(name.to_owned()),
            segment: None,
        });
        let gtid = Gtid { uuid: uuid(0), seqno: 1 };
        let (status, members) = ("primary".to_owned(), members.to_vec());
        tell(&mut log, 13, &Event::ServerView { gtid, status, is_final: false, own_index: -1, members });
        log
    };
    let mut logs = [node("prod1", "prod", 1, "10.0.0.1"), node("stage1", "stage", 2, "10.1.0.1")];
    assert_eq!(together(&mut logs), named(&[(0, "prod1"), (1, "stage1")]));
}

#[test]
fn the_address_of_a_node_without_log_does_not_join_two_clusters() {
    let node = |stem: &str, group: &str, own: u32, host: &str| {
        let mut log = log(stem, 0, 500);
        member(&mut log, 10, group, host, &[(own, stem)]);
        tell(&mut log, 13, &Event::Connecting { group: group.into(), peers: "172.18.0.2:,172.18.0.3:".into() });
        log
    };
    let mut logs = [node("prod2", "prod", 1, "172.18.0.2"), node("stage3", "stage", 2, "172.18.0.3")];
    assert_eq!(together(&mut logs), named(&[(0, "prod2"), (1, "stage3")]));
}
