use super::*;

fn members(ids: &[&str]) -> Vec<ViewMember> {
    let row = |id: &&str| ViewMember { index: None, uuid: (*id).into(), name: None, segment: Some(0) };
    ids.iter().map(row).collect()
}

fn expected(status: &str, id: &str, seq: u64, memb: &[&str], lost: &[&str]) -> Option<Event> {
    Some(Event::GcommView {
        status: status.into(),
        id: Some(id.into()),
        seq: Some(seq),
        members: members(memb),
        joined: Vec::new(),
        left: Vec::new(),
        partitioned: members(lost),
    })
}

#[test]
fn a_view_over_several_lines() {
    let text = b"view(view_id(NON_PRIM,b63c1f5a-9f1a,4) memb {\n\tb63c1f5a-9f1a,0\n} joined {\n} left {\n\
        } partitioned {\n\tbf24f34d-bcef,0\n})";
    assert_eq!(view(text), expected("NON_PRIM", "b63c1f5a-9f1a", 4, &["b63c1f5a-9f1a"], &["bf24f34d-bcef"]));
}

#[test]
fn a_view_on_one_line_with_ids_of_25_3() {
    let text = b"view(view_id(PRIM,16f980a0,2) memb { 16f980a0,0 6d0345f5,0 } joined { } left { } partitioned { })";
    assert_eq!(view(text), expected("PRIM", "16f980a0", 2, &["16f980a0", "6d0345f5"], &[]));
}

#[test]
fn a_view_of_percona() {
    let text = b"Current view of cluster as seen by this node\nview (view_id(PRIM,0256ddd2,2)\nmemb {\n\t0256ddd2,0\n\
        \t947dd30b,0\n\t}\njoined {\n\t}\nleft {\n\t}\npartitioned {\n\t}\n)";
    assert_eq!(view(text), expected("PRIM", "0256ddd2", 2, &["0256ddd2", "947dd30b"], &[]));
}

#[test]
fn a_view_without_segments() {
    let id = "4b8a2f51-e1e7-11e3-0800-2a34c06ee57e";
    let text = format!("view(view_id(PRIM,{id},1) memb {{\n\t{id},\n}} joined {{\n}} left {{\n}} partitioned {{\n}})");
    let Some(Event::GcommView { members, .. }) = view(text.as_bytes()) else { panic!("not read") };
    assert_eq!(members, [ViewMember { index: None, uuid: id.into(), name: None, segment: None }]);
}

#[test]
fn the_view_of_a_node_that_leaves() {
    for text in [&b"view((empty))"[..], b"Current view of cluster as seen by this node\nview ((empty))"] {
        let status = view(text).and_then(|event| event.field("status").map(|status| status.into_owned()));
        assert_eq!(status.as_deref(), Some("empty"));
    }
}

#[test]
fn a_cut_view_is_not_read() {
    assert_eq!(view(b"view(view_id(PRIM,b63c1f5a-9f1a,4) memb {"), None);
    assert_eq!(view(b"view(view_id(PRIM,b63c1f5a-9f1a,4) memb {\n\tb63c1f5a-9f1a,0\n} joined {\n} le"), None);
    assert_eq!(view(b"delivering view view(view_id(REG,b63c1f5a-9f1a,4) memb {\n})"), None);
}

#[test]
fn links_open_and_close() {
    assert_eq!(
        connection_established(
            b"(5d6f51af, 'tcp://0.0.0.0:4567') connection established to 715bd53e tcp://10.0.0.1:4567"
        ),
        Some(Event::ConnectionEstablished { peer: "715bd53e".into(), address: "tcp://10.0.0.1:4567".into() })
    );
    assert_eq!(
        peer_timeout(
            b"(9dac0409-b0b9, 'tcp://10.0.0.1:4567') connection to peer 00000000-0000 with addr tcp://10.0.0.2:4567 \
            timed out, no messages seen in PT3S, socket stats: rtt: 30 rttvar: 15"
        ),
        Some(Event::PeerTimeout {
            peer: "00000000-0000".into(),
            address: "tcp://10.0.0.2:4567".into(),
            period: "PT3S".into()
        })
    );
    assert_eq!(
        reconnecting(b"(fb55d9c9, 'tcp://0.0.0.0:4567') reconnecting to 51f4c07a (tcp://10.0.0.2:4567), attempt 0"),
        Some(Event::Reconnecting { peer: "51f4c07a".into(), address: "tcp://10.0.0.2:4567".into(), attempt: 0 })
    );
    assert_eq!(
        forgetting(b"forgetting fb92451e-a017 (ssl://[fd00::3]:4567)"),
        Some(Event::Forgetting { peer: "fb92451e-a017".into(), address: "ssl://[fd00::3]:4567".into() })
    );
    assert_eq!(
        listening(b"(b63c1f5a-9f1a, 'ssl://0.0.0.0:4567') listening at ssl://0.0.0.0:4567"),
        Some(Event::Listening { uuid: "b63c1f5a-9f1a".into(), address: "ssl://0.0.0.0:4567".into() })
    );
}

#[test]
fn relay_with_and_without_peers() {
    let on = |peers: &str| Some(Event::RelayOn { peers: peers.into() });
    let line = |rest: &str| format!("(9509c194, 'tcp://0.0.0.0:4567') turning message relay requesting {rest}");
    assert_eq!(relay(line("on, nonlive peers: tcp://10.0.0.2:4567 ").as_bytes()), on("tcp://10.0.0.2:4567"));
    assert_eq!(relay(line("on, nonlive peers: ").as_bytes()), on(""));
    assert_eq!(relay(line("on, nonlive peers:").as_bytes()), on(""));
    assert_eq!(relay(line("off").as_bytes()), Some(Event::RelayOff));
}

#[test]
fn a_failed_connection_in_three_generations() {
    let reason = |reason: &str| Some(Event::ConnectFailed { reason: reason.into() });
    let expired = "certificate verify failed: certificate has expired";
    assert_eq!(connect_failed(format!("Failed to establish connection: {expired}").as_bytes()), reason(expired));
    assert_eq!(connect_failed(b"Handshake failed: tlsv1 alert decrypt error"), reason("tlsv1 alert decrypt error"));
    assert_eq!(
        connect_failed(
            b"handshake with remote endpoint ssl://10.0.0.2:4567 failed: asio.ssl:337047686: 'certificate verify failed' \
            ( 337047686: 'error:1416F086:SSL routines:tls_process_server_certificate:certificate verify failed')"
        ),
        reason("certificate verify failed")
    );
    assert_eq!(connect_failed(b"IST failed: Client Handshake failed: sslv3 alert handshake failure"), None);
}

#[test]
fn silence_of_a_member() {
    let own = "evs::proto(9a826787-9e98, GATHER, view_id(REG,4971d113-87b0,22))";
    let inactive_peer = Some(Event::Inactive { peer: "4971d113-87b0".into() });
    assert_eq!(
        suspect(format!("{own} suspecting node: 4971d113-87b0").as_bytes()),
        Some(Event::Suspect { peer: "4971d113-87b0".into() })
    );
    for line in [
        format!("{own} detected inactive node: 4971d113-87b0"),
        format!("{own} node 4971d113-87b0 failed to commit for install message, declaring inactive"),
        "declaring suspected 4971d113-87b0 as inactive".into(),
        "declaring source 4971d113-87b0 as inactive (mutual exclusion)".into(),
        "setting source 4971d113-87b0 as inactive due to expired install timer".into(),
        "setting source 4971d113-87b0 inactive (other nodes under suspicion)".into(),
        "setting 4971d113-87b0 inactive in asymmetry elimination".into(),
        "marking operational node 4971d113-87b0 without join message inactive in asymmetry elimination".into(),
        "node 4971d113-87b0 marked with nil view id and suspected in all present join messages, declaring inactive"
            .into(),
    ] {
        assert_eq!(inactive(line.as_bytes()), inactive_peer, "{line}");
    }
    assert_eq!(inactive(b"declaring 4971d113-87b0 at tcp://10.0.0.2:4567 stable"), None);
}

#[test]
fn seconds_of_a_missed_check() {
    let missed = |seconds| Some(Event::InactiveCheck { seconds });
    assert_eq!(inactive_check(b"last inactive check more than PT1.5S ago (PT10.1S), skipping check"), missed(10.1));
    assert_eq!(
        inactive_check(
            b"last inactive check more than PT1.5S (3*evs.inactive_check_period) ago (PT3.5733S), skipping check"
        ),
        missed(3.5733)
    );
}

#[test]
fn an_eviction_and_what_follows() {
    let event = |address: Option<&str>| {
        Some(Event::Evicted { peer: "fb92451e-a017".into(), address: address.map(str::to_owned) })
    };
    let at = Some("tcp://10.0.0.3:4567");
    assert_eq!(evicted(b"evicting member fb92451e-a017 at tcp://10.0.0.3:4567 permanently from group"), event(at));
    assert_eq!(
        evicted(b"peer fb92451e-a017 from tcp://10.0.0.3:4567 has been evicted out, rejecting connection"),
        event(at)
    );
    assert_eq!(evicted(b"Closing connection to evicted node fb92451e-a017"), event(None));
}

#[test]
fn groups_and_prims() {
    assert_eq!(
        group_mismatch(b"handshake failed, my group: 'prod galera', peer group: 'test'"),
        Some(Event::GroupMismatch { mine: "prod galera".into(), peer_group: "test".into() })
    );
    assert_eq!(
        connecting(b"gcomm: connecting to group 'prod', peer '10.0.0.1:,10.0.0.2:'"),
        Some(Event::Connecting { group: "prod".into(), peers: "10.0.0.1:,10.0.0.2:".into() })
    );
    assert_eq!(
        bootstrapping(b"gcomm: bootstrapping new group 'prod'"),
        Some(Event::Bootstrapping { group: "prod".into() })
    );
    assert_eq!(connected(b"gcomm: connected"), Some(Event::Connected));
    assert_eq!(
        node_state(b"Node 0256ddd2 state primary"),
        Some(Event::NodeState { peer: "0256ddd2".into(), state: "primary".into() })
    );
    assert_eq!(
        no_primary_peers(b"No nodes coming from primary view, primary view is not possible"),
        Some(Event::NoPrimaryPeers)
    );
    assert_eq!(no_primary_peers(b"no nodes coming from prim view, prim not possible"), Some(Event::NoPrimaryPeers));
}

#[test]
fn a_restarted_peer_changes_its_identity() {
    let (old, new) = ("7a984844-e7de-11f1-aaaa-8f3aad2f0277", "78937376-e7de-11f1-8b82-0b9f324bb085");
    let line = format!("remote endpoint ssl://127.0.1.3:4567 changed identity {old} -> {new}");
    let event = Event::IdentityChanged { address: "ssl://127.0.1.3:4567".into(), old: old.into(), peer: new.into() };
    assert_eq!(identity_changed(line.as_bytes()), Some(event));
}

#[test]
fn a_start_that_finds_no_primary_component() {
    let line =
        b"failed to open gcomm backend connection: 110: failed to reach primary view: 110 (Connection timed out)";
    assert_eq!(primary_not_reached(line), Some(Event::PrimaryNotReached));
    assert_eq!(primary_not_reached(b"failed to open gcomm backend connection: 98"), None);
}
