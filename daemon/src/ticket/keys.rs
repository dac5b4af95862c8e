//! The public keys that may sign tickets: a JSON Web Key Set (RFC 7517) of Ed25519 keys (RFC 8037).

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::signature::{ED25519, UnparsedPublicKey};
use serde::Deserialize;
use thiserror::Error;

const ED25519_KEY_BYTES: usize = 32;

/// Every key by its id. There is at least one, and no id twice.
pub struct TicketKeys(Vec<(String, UnparsedPublicKey<Vec<u8>>)>);

#[derive(Debug, Error, PartialEq)]
pub enum InvalidKeys {
    #[error("the ticket keys are not a JSON Web Key Set: {0}")]
    NotAKeySet(String),
    #[error("the key set is empty: a daemon without ticket keys can accept nothing")]
    Empty,
    #[error("key {at} of the set is {kty}/{crv}: tickets are signed with OKP/Ed25519 keys only")]
    OtherKind { at: usize, kty: String, crv: String },
    #[error("key {at} of the set has no Ed25519 public key in x: it needs {ED25519_KEY_BYTES} bytes in base64url")]
    NotAKey { at: usize },
    #[error("key id {kid:?} appears twice in the set: a ticket must name exactly one key")]
    Twice { kid: String },
    #[error(
        "key {at} of the set carries the private part d: this node needs public keys only; make a new pair, that one is exposed"
    )]
    Private { at: usize },
}

#[derive(Deserialize)]
struct KeySet {
    keys: Vec<Key>,
}

#[derive(Deserialize)]
struct Key {
    kty: String,
    #[serde(default)]
    crv: String,
    #[serde(default)]
    x: String,
    kid: String,
    d: Option<serde::de::IgnoredAny>,
}

impl TicketKeys {
    /// Reads a key set; every key in it must be usable, so that a typing error is found at start and not at a run.
    pub fn parse(text: &str) -> Result<TicketKeys, InvalidKeys> {
        let set: KeySet = serde_json::from_str(text).map_err(|error| InvalidKeys::NotAKeySet(error.to_string()))?;
        let mut keys: Vec<(String, UnparsedPublicKey<Vec<u8>>)> = Vec::new();
        for (at, key) in set.keys.into_iter().enumerate() {
            if keys.iter().any(|(kid, _)| *kid == key.kid) {
                return Err(InvalidKeys::Twice { kid: key.kid });
            }
            let public = public_key(at, &key)?;
            keys.push((key.kid, public));
        }
        if keys.is_empty() { Err(InvalidKeys::Empty) } else { Ok(TicketKeys(keys)) }
    }

    pub(super) fn named(&self, kid: &str) -> Option<&UnparsedPublicKey<Vec<u8>>> {
        self.0.iter().find(|(id, _)| id == kid).map(|(_, key)| key)
    }
}

fn public_key(at: usize, key: &Key) -> Result<UnparsedPublicKey<Vec<u8>>, InvalidKeys> {
    if key.kty != "OKP" || key.crv != "Ed25519" {
        return Err(InvalidKeys::OtherKind { at, kty: key.kty.clone(), crv: key.crv.clone() });
    }
    if key.d.is_some() {
        return Err(InvalidKeys::Private { at });
    }
    match URL_SAFE_NO_PAD.decode(&key.x) {
        Ok(bytes) if bytes.len() == ED25519_KEY_BYTES => Ok(UnparsedPublicKey::new(&ED25519, bytes)),
        Ok(_) | Err(_) => Err(InvalidKeys::NotAKey { at }),
    }
}

impl fmt::Debug for TicketKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.iter().map(|(kid, _)| kid)).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const X: &str = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";

    fn key(fields: &str) -> String {
        format!(r#"{{"keys":[{{"kty":"OKP","crv":"Ed25519","kid":"a",{fields}}}]}}"#)
    }

    #[test]
    fn a_set_of_one_public_key_is_read() {
        let keys = TicketKeys::parse(&key(&format!(r#""x":"{X}","use":"sig""#))).expect("the key of RFC 8037");
        assert!(keys.named("a").is_some());
        assert!(keys.named("b").is_none());
    }

    #[test]
    fn a_set_that_cannot_verify_is_refused_at_start() {
        let twice = format!(
            r#"{{"keys":[{{"kty":"OKP","crv":"Ed25519","kid":"a","x":"{X}"}},{{"kty":"OKP","crv":"Ed25519","kid":"a","x":"{X}"}}]}}"#
        );
        let cases = [
            (r#"{"keys":[]}"#.to_owned(), "empty"),
            (r#"{"keys":[{"kty":"RSA","kid":"a","n":"x","e":"AQAB"}]}"#.to_owned(), "OKP/Ed25519"),
            (key(r#""x":"c2hvcnQ""#), "32 bytes"),
            (key(&format!(r#""x":"{X}","d":"secret""#)), "private part"),
            (twice, "twice"),
            ("[]".to_owned(), "not a JSON Web Key Set"),
        ];
        for (text, expected) in cases {
            let refused = TicketKeys::parse(&text).expect_err(expected).to_string();
            assert!(refused.contains(expected), "expected {expected:?} in {refused:?}");
        }
    }
}
