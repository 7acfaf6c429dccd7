//! Extension members of a problem (RFC 9457, section 3.2), and which names they may have.

use std::borrow::Cow;
use std::fmt;

use serde::Serialize;
use serde_json::Value;

/// What a problem says of itself, and what bolt adds: no other member may have these names.
const RESERVED: [&str; 6] = ["type", "title", "status", "detail", "instance", "request_id"];

/// An extension member: a name that stands once in the problem, and its value.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Member {
    pub(super) name: Cow<'static, str>,
    pub(super) value: Value,
}

impl Member {
    pub(super) fn new(
        name: Cow<'static, str>,
        value: &impl Serialize,
    ) -> Result<Self, InvalidMember> {
        let fault = match serde_json::to_value(value) {
            _ if name.is_empty() => Fault::Unnamed,
            _ if RESERVED.contains(&&*name) => Fault::Reserved,
            Ok(value) => return Ok(Self { name, value }),
            Err(error) => Fault::Unserialised(error),
        };
        Err(InvalidMember { name, fault })
    }
}

/// Why something is no extension member.
#[derive(Debug)]
pub(super) struct InvalidMember {
    name: Cow<'static, str>,
    fault: Fault,
}

#[derive(Debug)]
enum Fault {
    Unnamed,
    Reserved,
    Unserialised(serde_json::Error),
}

impl fmt::Display for InvalidMember {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = &self.name;
        match &self.fault {
            Fault::Unnamed => f.write_str("a member of a problem needs a name"),
            Fault::Reserved => write!(
                f,
                "the member `{name}` of a problem is reserved (RFC 9457, section 3.1, and `request_id`): take another \
                 name, or the method of `Problem` that sets it"
            ),
            Fault::Unserialised(error) => {
                write!(f, "the member `{name}` of a problem is no JSON: {error}")
            }
        }
    }
}

impl std::error::Error for InvalidMember {}
