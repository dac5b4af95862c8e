//! From the text of a ticket to claims that the bot has signed (RFC 7515 compact serialisation, EdDSA of RFC 8037).

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;

use super::{Ticket, TicketError, TicketKeys};

/// Objectives and predictions travel in the claims; a ticket of twenty documents is near 20 KiB.
const LONGEST: usize = 64 * 1024;
const TYPE: &str = "chaosgate-ticket+jwt";

/// Exactly these three. A `crit`, a `jwk` or anything else asks for a processing that does not happen here, so it is refused.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    alg: String,
    kid: String,
    typ: String,
}

impl Ticket {
    /// Verifies form, key and signature first and reads the claims only then; the audience is checked last.
    /// Says nothing about expiry or about what the ticket permits.
    pub fn verify(jws: &str, keys: &TicketKeys, cluster_id: &str) -> Result<Ticket, TicketError> {
        let (signed, header, payload, signature) = split(jws)?;
        let header = read_header(header)?;
        let signature = decode(signature, "its signature is not base64url")?;
        let Some(key) = keys.named(&header.kid) else {
            return Err(TicketError::UnknownKey { kid: header.kid });
        };
        if key.verify(signed.as_bytes(), &signature).is_err() {
            return Err(TicketError::Signature { kid: header.kid });
        }
        let claims = decode(payload, "its payload is not base64url")?;
        let ticket: Ticket = serde_json::from_slice(&claims).map_err(|error| TicketError::Claims { why: error.to_string() })?;
        if ticket.audience == cluster_id {
            Ok(ticket)
        } else {
            Err(TicketError::Audience { audience: ticket.audience, here: cluster_id.to_owned() })
        }
    }
}

/// The signed part, then header, payload and signature.
fn split(jws: &str) -> Result<(&str, &str, &str, &str), TicketError> {
    if jws.len() > LONGEST {
        return Err(TicketError::TooLong { length: jws.len(), most: LONGEST });
    }
    let three = TicketError::Malformed { why: "it does not have three parts" };
    let Some((signed, signature)) = jws.rsplit_once('.') else { return Err(three) };
    let Some((header, payload)) = signed.split_once('.') else { return Err(three) };
    if payload.contains('.') {
        return Err(three);
    }
    Ok((signed, header, payload, signature))
}

fn read_header(part: &str) -> Result<Header, TicketError> {
    let bytes = decode(part, "its header is not base64url")?;
    let refused = |why: String| TicketError::Header { why, typ: TYPE };
    let header: Header = serde_json::from_slice(&bytes).map_err(|error| refused(error.to_string()))?;
    if header.alg != "EdDSA" {
        return Err(refused(format!("alg is {:?}", header.alg)));
    }
    if header.typ != TYPE {
        return Err(refused(format!("typ is {:?}", header.typ)));
    }
    Ok(header)
}

fn decode(part: &str, why: &'static str) -> Result<Vec<u8>, TicketError> {
    URL_SAFE_NO_PAD.decode(part).map_err(|_| TicketError::Malformed { why })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use ring::signature::{Ed25519KeyPair, KeyPair};

    use super::*;

    fn pair() -> Ed25519KeyPair {
        Ed25519KeyPair::from_seed_unchecked(&[9; 32]).expect("a seed of 32 bytes")
    }

    fn keys() -> TicketKeys {
        let x = URL_SAFE_NO_PAD.encode(pair().public_key());
        TicketKeys::parse(&format!(r#"{{"keys":[{{"kty":"OKP","crv":"Ed25519","kid":"k","x":"{x}"}}]}}"#)).expect("one key")
    }

    fn signed(claims: &str) -> String {
        let header = format!(r#"{{"alg":"EdDSA","kid":"k","typ":"{TYPE}"}}"#);
        let text = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims));
        let signature = URL_SAFE_NO_PAD.encode(pair().sign(text.as_bytes()));
        format!("{text}.{signature}")
    }

    fn good() -> String {
        signed(
            r#"{"jti":"t1","aud":"here","exp":9,"kind":"once","more":[1],
            "limits":{"max_duration_seconds":1,"max_pods":1,"max_percent":1,"namespaces":[]}}"#,
        )
    }

    #[test]
    fn a_signed_ticket_is_read_and_claims_for_others_are_passed_over() {
        let ticket = Ticket::verify(&good(), &keys(), "here").expect("signed by the key");
        assert_eq!((ticket.id.as_str(), ticket.expires), ("t1", 9));
    }

    #[test]
    fn a_claim_that_is_there_twice_is_refused() {
        let twice = signed(r#"{"jti":"t1","jti":"t2","aud":"here"}"#);
        let refused = Ticket::verify(&twice, &keys(), "here").expect_err("two ids");
        assert!(refused.to_string().contains("duplicate field `jti`"), "{refused}");
    }

    proptest! {
        #[test]
        fn no_change_of_one_character_is_accepted(at in 0usize..300, put in "[A-Za-z0-9_.=-]") {
            let mut text = good().into_bytes();
            let at = at % text.len();
            prop_assume!(text[at] != put.as_bytes()[0]);
            text[at] = put.as_bytes()[0];
            let changed = String::from_utf8(text).expect("ASCII");
            prop_assert!(Ticket::verify(&changed, &keys(), "here").is_err());
        }

        #[test]
        fn any_text_is_answered_and_not_panicked_on(text in ".{0,200}") {
            prop_assert!(Ticket::verify(&text, &keys(), "here").is_err());
        }
    }
}
