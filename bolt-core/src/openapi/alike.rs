//! Whether two schemas say the same.

use std::collections::BTreeSet;

use serde_json::Value;

use super::walk::name_in;

/// What a name stands for.
pub(super) type Lookup<'a> = &'a dyn Fn(&str) -> Option<Value>;

/// As deep as schemas are compared. Those that are deeper are taken for unlike, which costs a name and no truth.
const DEPTH: u32 = 128;

/// Whether two schemas say the same, each with its own meaning of names: a reference is as good as what it refers to.
pub(super) fn alike(a: &Value, b: &Value, of_a: Lookup<'_>, of_b: Lookup<'_>) -> bool {
    Comparison { of_a, of_b, assumed: BTreeSet::new() }.holds(a, b, DEPTH)
}

struct Comparison<'a> {
    of_a: Lookup<'a>,
    of_b: Lookup<'a>,
    /// Pairs of names that are being compared further up: types that hold themselves.
    assumed: BTreeSet<(String, String)>,
}

impl Comparison<'_> {
    fn holds(&mut self, a: &Value, b: &Value, depth: u32) -> bool {
        let Some(depth) = depth.checked_sub(1) else { return false };
        match (name(a), name(b)) {
            (Some(in_a), Some(in_b)) => {
                if !self.assumed.insert((in_a.to_owned(), in_b.to_owned())) {
                    return true;
                }
                match ((self.of_a)(in_a), (self.of_b)(in_b)) {
                    (Some(a), Some(b)) => self.holds(&a, &b, depth),
                    (None, None) => in_a == in_b,
                    _ => false,
                }
            }
            (Some(in_a), None) => (self.of_a)(in_a).is_some_and(|a| self.holds(&a, b, depth)),
            (None, Some(in_b)) => (self.of_b)(in_b).is_some_and(|b| self.holds(a, &b, depth)),
            (None, None) => match (a, b) {
                (Value::Object(a), Value::Object(b)) => {
                    a.len() == b.len()
                        && a.iter()
                            .all(|(key, a)| b.get(key).is_some_and(|b| self.holds(a, b, depth)))
                }
                (Value::Array(a), Value::Array(b)) => {
                    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| self.holds(a, b, depth))
                }
                _ => a == b,
            },
        }
    }
}

fn name(schema: &Value) -> Option<&str> {
    schema.get("$ref")?.as_str().and_then(name_in)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_reference_is_as_good_as_what_it_refers_to() {
        let to = |name: &str| json!({ "$ref": format!("#/components/schemas/{name}") });
        let (number, text) = (json!({ "type": "number" }), json!({ "type": "string" }));
        let left = |name: &str| match name {
            "A" => Some(json!({ "items": to("B") })),
            "B" => Some(number.clone()),
            "Tree" => Some(json!({ "children": to("Tree") })),
            _ => None,
        };
        let right = |name: &str| match name {
            "A" => Some(json!({ "items": to("B") })),
            "B" => Some(text.clone()),
            "Tree2" => Some(json!({ "children": to("Tree2") })),
            _ => None,
        };
        let same = |a: &Value, b: &Value| alike(a, b, &left, &right);
        assert!(same(&to("A"), &json!({ "items": number })));
        assert!(same(&number, &number));
        assert!(!same(&to("A"), &to("A")), "another B");
        assert!(same(&to("Tree"), &to("Tree2")));
        assert!(same(&to("nothing"), &to("nothing")));
        assert!(!same(&to("nothing"), &to("B")));
    }
}
