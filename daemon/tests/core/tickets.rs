//! What a ticket does not permit does not happen, whoever sends it: refused by the daemon itself, with a sentence.

use serde_json::{Value, json};
use tonic::Code;

use crate::client::{Runner, a_partition};
use crate::daemon::Site;
use crate::lab::{lab, two_labs};

/// The claims with one of them changed; a path of two names goes into an object.
fn with(mut claims: Value, path: &str, value: Value) -> Value {
    *claims.pointer_mut(path).unwrap_or_else(|| panic!("no claim {path}")) = value;
    claims
}

fn forged(site: &Site) -> Vec<(&'static str, String, &'static str)> {
    let good = site.sign(&site.claims());
    let [header, payload, signature] = good.split('.').collect::<Vec<_>>()[..] else { panic!("three parts") };
    let other = site.sign(&with(site.claims(), "/plan", json!("q")));
    let other_payload = other.split('.').nth(1).expect("three parts");
    let header_of = |alg: &str, kid: &str, typ: &str| json!({ "alg": alg, "kid": kid, "typ": typ });
    let typ = "chaosgate-ticket+jwt";
    let crit = json!({ "alg": "EdDSA", "kid": "bot", "typ": typ, "crit": ["exp"] });
    let claims = site.claims();
    vec![
        ("no ticket", String::new(), "three parts"),
        ("a changed byte", format!("{header}.{other_payload}.{signature}"), "does not belong to its bytes"),
        ("no signature", format!("{header}.{payload}."), "does not belong to its bytes"),
        ("alg none", site.sign_with(&header_of("none", "bot", typ), &claims), "alg is \"none\""),
        ("alg HS256", site.sign_with(&header_of("HS256", "bot", typ), &claims), "alg is \"HS256\""),
        ("another typ", site.sign_with(&header_of("EdDSA", "bot", "JWT"), &claims), "typ is \"JWT\""),
        ("an unknown key", site.sign_with(&header_of("EdDSA", "eve", typ), &claims), "key \"eve\""),
        ("a critical extension", site.sign_with(&crit, &claims), "unknown field `crit`"),
        ("a fourth part", format!("{good}.x"), "three parts"),
        ("a megabyte", "x".repeat(70_000), "more than 65536"),
    ]
}

fn overreaching(site: &Site) -> Vec<(&'static str, Value, &'static str)> {
    let claims = || site.claims();
    vec![
        ("another cluster", with(claims(), "/aud", json!("production")), "is for cluster \"production\""),
        ("expired", with(claims(), "/exp", json!(1000)), "expired"),
        ("another run", with(claims(), "/jti", json!("t2")), "does not belong to ticket t2"),
        ("another namespace", with(claims(), "/limits/namespaces", json!(["bank"])), "does not permit namespace \"shop\""),
        ("too long", with(claims(), "/limits/max_duration_seconds", json!(29)), "longer than the 29 s"),
        ("no victims", with(claims(), "/limits/max_pods", json!(0)), "permits 0 victims"),
        ("a standing ticket", with(claims(), "/kind", json!("standing")), "was not due within an hour"),
        ("limits left out", with(claims(), "/limits", json!({})), "claims cannot be read"),
        ("limits of another shape", with(claims(), "/limits/max_pods", json!(-1)), "claims cannot be read"),
    ]
}

#[test]
fn a_ticket_that_is_forged_or_goes_too_far_is_refused_and_nothing_happens() {
    let Some(lab) = lab() else { return };
    let site = Site::new("tickets");
    let daemon = site.serve_local(&[]);
    let mut runner = Runner::of(&site, &daemon);
    let before = lab.rules();
    let signed = overreaching(&site).into_iter().map(|(name, claims, expected)| (name, site.sign(&claims), expected));
    for (name, ticket, expected) in forged(&site).into_iter().chain(signed) {
        let mut request = a_partition(&site, "f1", lab.victim_pid());
        request.ticket = ticket;
        let refused = runner.inject(request).expect_err(name);
        assert_eq!(refused.code(), Code::PermissionDenied, "{name}: {refused}");
        assert!(refused.message().contains(expected), "{name}: expected {expected:?} in {:?}", refused.message());
    }
    assert_eq!((lab.rules(), site.records()), (before, 0));
    runner.inject(a_partition(&site, "f1", lab.victim_pid())).expect("the same request with its good ticket");
}

#[test]
fn expiry_is_judged_when_a_run_begins_and_not_again() {
    let Some(lab) = lab() else { return };
    let site = Site::new("acceptance");
    let daemon = site.serve_local(&[]);
    let mut runner = Runner::of(&site, &daemon);
    runner.inject(a_partition(&site, "f1", lab.victim_pid())).expect("a permitted fault");
    let mut later = a_partition(&site, "f2", lab.victim_pid());
    later.ticket = site.sign(&with(site.claims(), "/exp", json!(1000)));
    runner.inject(later.clone()).expect("the run was accepted in time");
    later.run_id = "t1-1".to_owned();
    assert_eq!(runner.inject(later).expect_err("another run").code(), Code::PermissionDenied);
}

#[test]
fn a_run_cannot_walk_around_its_number_of_victims_one_by_one() {
    let Some((one, two)) = two_labs() else { return };
    let site = Site::new("victims");
    let daemon = site.serve_local(&[]);
    let mut runner = Runner::of(&site, &daemon);
    let ticket = site.sign(&with(site.claims(), "/limits/max_pods", json!(1)));
    let fault = |name: &str, pid: u32| {
        let request = a_partition(&site, name, pid);
        chaosgated::contract::InjectRequest { ticket: ticket.clone(), ..request }
    };
    runner.inject(fault("f1", one.victim_pid())).expect("the first victim");
    runner.revert("t1-0", "f1", 1).expect("reverted");
    let refused = runner.inject(fault("f2", two.victim_pid())).expect_err("a second victim");
    assert!(refused.message().contains("permits 1 victims"), "{refused}");
    runner.inject(fault("f3", one.victim_pid())).expect("the first victim again");
}

#[test]
fn this_nodes_own_rules_outrank_the_ticket() {
    let Some(lab) = lab() else { return };
    let site = Site::new("rules");
    let rules = ["--max-duration", "20s", "--max-faults", "1", "--deny-namespace", "vault"];
    let daemon = site.serve_local(&rules);
    let mut runner = Runner::of(&site, &daemon);
    let claims = with(site.claims(), "/limits/namespaces", json!(["shop", "vault", "kube-system"]));
    let fault = |name: &str, namespace: &str, deadline_us: u64| {
        let mut request = a_partition(&site, name, lab.victim_pid());
        (request.ticket, request.deadline_us) = (site.sign(&claims), deadline_us);
        request.victim.as_mut().expect("a victim").namespace = namespace.to_owned();
        request
    };
    for (namespace, deadline_us, code) in [
        ("vault", 1_000_000, Code::PermissionDenied),
        ("kube-system", 1_000_000, Code::PermissionDenied),
        ("shop", 20_000_001, Code::PermissionDenied),
        ("shop", 0, Code::InvalidArgument),
    ] {
        let refused = runner.inject(fault("f1", namespace, deadline_us)).expect_err(namespace);
        assert_eq!(refused.code(), code, "{refused}");
    }
    runner.inject(fault("f1", "shop", 20_000_000)).expect("within the rules");
    assert_eq!(runner.inject(fault("f2", "shop", 20_000_000)).expect_err("one too many").code(), Code::ResourceExhausted);
}
