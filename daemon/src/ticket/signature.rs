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
