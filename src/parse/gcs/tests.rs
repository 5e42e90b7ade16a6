use super::*;
use crate::parse::event::Gtid;

const HISTORY: &str = "ab4561a0-e7d9-11f1-b1f2-4f1a549f113b";

fn at(seqno: i64) -> Gtid {
    Gtid { uuid: HISTORY.into(), seqno }
}

#[test]
fn components() {
    assert_eq!(
        component(b"New COMPONENT: primary = yes, bootstrap = no, my_idx = 0, memb_num = 3"),
        Some(Event::Component { primary: true, bootstrap: false, index: 0, members: 3 })
    );
    assert_eq!(self_leave(b"New SELF-LEAVE."), Some(Event::SelfLeave));
    assert_eq!(self_leave(b"Received self-leave message."), Some(Event::SelfLeave));
    assert_eq!(non_primary(b"Received NON-PRIMARY."), Some(Event::NonPrimary));
}

#[test]
fn steps_of_a_state_exchange() {
    let step = |line: String| match state_exchange(line.as_bytes()) {
        Some(Event::StateExchange { step, uuid, index, name }) => Some((step, uuid.is_some(), index, name)),
        _ => None,
    };
    let expected =
        |word: &str, uuid, index, name: Option<&str>| Some((word.to_owned(), uuid, index, name.map(str::to_owned)));
    assert_eq!(step(format!("STATE_EXCHANGE: sent state UUID: {HISTORY}")), expected("sent", true, None, None));
    assert_eq!(step(format!("STATE EXCHANGE: sent state msg: {HISTORY}")), expected("sent", true, None, None));
    assert_eq!(
        step(format!("STATE EXCHANGE: got state msg: {HISTORY} from 1 (db (b))")),
        expected("got", true, Some(1), Some("db (b)"))
    );
    assert_eq!(step("STATE EXCHANGE: Waiting for state UUID.".into()), expected("waiting", false, None, None));
    assert_eq!(step(format!("STATE EXCHANGE: failed for: {HISTORY}: -1 (x)")), None);
}

fn quorum_of(rows: &str) -> Option<(String, i64, u32, u32)> {
    match quorum(format!("Quorum results:{rows}\n\tgroup UUID = {HISTORY}").as_bytes())? {
        Event::Quorum { component, conf_id, joined, total, .. } => Some((component, conf_id, joined, total)),
        _ => None,
    }
}

#[test]
fn quorum_of_each_generation() {
    let now = "\n\tversion    = 6,\n\tcomponent  = PRIMARY,\n\tconf_id    = 4,\n\tmembers    = 2/3 (joined/total),\n\
        \tact_id     = 14,\n\tlast_appl. = 14,\n\tprotocols  = 5/11/4 (gcs/repl/appl),\n\tvote policy= 0,";
    let before = "\n\tversion    = 4,\n\tcomponent  = NON-PRIMARY,\n\tconf_id    = -1,\n\tmembers    = 1/1 (joined/total),\n\
        \tact_id     = 866061,\n\tlast_appl. = 0,\n\tprotocols  = 0/7/3 (gcs/repl/appl),";
    let percona = "\n\tversion    = 6,\n\tcomponent  = PRIMARY,\n\tconf_id    = 2,\n\tmembers    = 3/3 (primary/total),\n\
        \tmembers    = 2/3 (joined/total),\n\tact_id     = 14,";
    assert_eq!(quorum_of(now), Some(("PRIMARY".into(), 4, 2, 3)));
    assert_eq!(quorum_of(before), Some(("NON-PRIMARY".into(), -1, 1, 1)));
    assert_eq!(quorum_of(percona), Some(("PRIMARY".into(), 2, 2, 3)));
    assert_eq!(quorum(b"Quorum results:\n\tversion    = 6,\n\tcomponent  = PRIMARY,"), None);
}

#[test]
fn shifts_and_refused_shifts() {
    assert_eq!(
        shift(b"Shifting SYNCED -> DONOR/DESYNCED (TO: 866061)"),
        Some(Event::Shift { from: "SYNCED".into(), to: "DONOR/DESYNCED".into(), seqno: 866_061 })
    );
    assert_eq!(shift(b"Shifting CLOSED -> JOINER is not allowed (TO: 5)"), None);
    assert_eq!(
        restored(b"Restored state OPEN -> JOINED (15)"),
        Some(Event::Restored { from: "OPEN".into(), to: "JOINED".into(), seqno: 15 })
    );
}

#[test]
fn states_of_members() {
    let node = || "node1".to_owned();
    assert_eq!(
        member_state(b"Member 2.0 (node1) synced with group."),
        Some(Event::MemberSynced { index: 2, name: node() })
    );
    assert_eq!(
        member_state(b"Node 2 (node1) synced with group."),
        Some(Event::MemberSynced { index: 2, name: node() })
    );
    assert_eq!(
        member_state(b"Member 0.1 (node1) desyncs itself from group"),
        Some(Event::Desync { index: 0, name: node() })
    );
    assert_eq!(
        member_state(b"Member 0.1 (node1) resyncs itself to group."),
        Some(Event::Resync { index: 0, name: node() })
    );
    assert_eq!(member_state(b"Server node1 synced with group"), None);
}

#[test]
fn a_request_finds_a_donor() {
    assert_eq!(
        transfer_request(
            b"Member 1.0 (node (2)) requested state transfer from '*any*'. Selected 0.0 (node (1))(SYNCED) as donor."
        ),
        Some(Event::TransferRequested {
            joiner_index: 1,
            joiner: "node (2)".into(),
            wanted: "*any*".into(),
            donor_index: 0,
            donor: "node (1)".into(),
            donor_state: "SYNCED".into(),
        })
    );
}

#[test]
fn a_request_finds_none() {
    assert_eq!(
        transfer_request(
            b"Member 1.0 (node2) requested state transfer from 'a,b', but it is impossible to select State Transfer \
            donor: No donor candidates temporarily available in suitable state"
        ),
        Some(Event::NoDonor {
            joiner_index: 1,
            joiner: "node2".into(),
            wanted: "a,b".into(),
            reason: "No donor candidates temporarily available in suitable state".into(),
        })
    );
    assert_eq!(
        transfer_request(b"Member 1.0 (node2) requested state transfer, but its state is SYNCED. Ignoring."),
        None
    );
}

fn result(line: &str) -> Option<(String, String, String, Option<String>)> {
    match transfer_result(line.as_bytes())? {
        Event::TransferResult { donor, joiner, outcome, error, .. } => Some((donor, joiner, outcome, error)),
        _ => None,
    }
}

#[test]
fn results_name_donor_and_joiner_in_either_order() {
    let expected = |outcome: &str, error: Option<&str>| {
        Some(("donor1".to_owned(), "joiner1".to_owned(), outcome.to_owned(), error.map(str::to_owned)))
    };
    assert_eq!(result("0.0 (donor1): State transfer to 1.0 (joiner1) complete."), expected("complete", None));
    assert_eq!(result("1.0 (joiner1): State transfer from 0.0 (donor1) complete."), expected("complete", None));
    assert_eq!(
        result("0.0 (donor1): State transfer to 1.0 (joiner1) failed: -32 (Broken pipe)"),
        expected("failed", Some("-32 (Broken pipe)"))
    );
    assert_eq!(
        result("1 (joiner1): State transfer from 0 (donor1) failed: Invalid argument"),
        expected("failed", Some("Invalid argument"))
    );
}

#[test]
fn a_member_may_have_left() {
    let line = b"0.0 (node1): State transfer to -1.-1 (left the group) failed: Invalid argument";
    let Some(Event::TransferResult { joiner_index, joiner, by, .. }) = transfer_result(line) else {
        panic!("not read")
    };
    assert_eq!((joiner_index, joiner.as_str(), by.as_str()), (-1, "left the group", "donor"));
}

#[test]
fn votes() {
    let line = format!(
        "Member 2(node3) initiates vote on {HISTORY}:23,b137e9ce4f39fffe:  Duplicate entry '7', Error_code: 1062;"
    );
    assert_eq!(
        vote(line.as_bytes()),
        Some(Event::Vote {
            index: 2,
            name: "node3".into(),
            gtid: at(23),
            hash: "b137e9ce4f39fffe".into(),
            error: Some("Duplicate entry '7', Error_code: 1062;".into()),
            step: "initiates".into(),
        })
    );
    let line = format!("Member 0(node1) responds to vote on {HISTORY}:23,0000000000000000: Success");
    assert_eq!(
        vote(line.as_bytes()),
        Some(Event::Vote {
            index: 0,
            name: "node1".into(),
            gtid: at(23),
            hash: "0000000000000000".into(),
            error: None,
            step: "responds".into(),
        })
    );
}

#[test]
fn only_a_winner_is_a_result() {
    let waiting = format!("Votes over {HISTORY}:23:\n   b137e9ce4f39fffe:   1/3\nWaiting for more votes.");
    assert_eq!(vote_result(waiting.as_bytes()), None);
    let won = format!(
        "Votes over {HISTORY}:23:\n   0000000000000000:   2/3\n   b137e9ce4f39fffe:   1/3\nWinner: 0000000000000000"
    );
    assert_eq!(
        vote_result(won.as_bytes()),
        Some(Event::VoteResult { gtid: at(23), winner: "0000000000000000".into() })
    );
}

#[test]
fn flow_limits() {
    assert_eq!(flow_interval(b"Flow-control interval: [23, 230]"), Some(Event::FlowInterval { low: 23, high: 230 }));
}
