//! What a type is called in the document.

use std::any::type_name;

use utoipa::ToSchema;

/// A type inside the angle brackets of another.
#[derive(Clone)]
pub(super) struct Argument {
    /// As the compiler writes it.
    pub(super) type_name: &'static str,
    /// What utoipa calls it, whatever stands in its own angle brackets.
    pub(super) short: String,
}

impl Argument {
    pub(super) fn new<T: ToSchema>() -> Self {
        Self { type_name: type_name::<T>(), short: T::name().into_owned() }
    }

    /// Its name in the document: utoipa's, with the names of its own arguments behind it, as utoipa has it for a field
    /// of a generic type: `Page<Row>` is `Page_Row`.
    pub(super) fn full(&self, known: &[Self]) -> String {
        with_arguments(&self.short, self.type_name, known)
    }

    /// What utoipa calls it inside of itself, where its arguments have no arguments: `Tree<Page<Row>>` is `Tree_Page`.
    pub(super) fn inside(&self, known: &[Self]) -> String {
        let short = |argument: &str| match known.iter().find(|known| known.type_name == argument) {
            Some(known) => known.short.clone(),
            None => word(argument),
        };
        joined(&self.short, arguments(self.type_name).into_iter().map(short))
    }
}

fn with_arguments(name: &str, type_name: &str, known: &[Argument]) -> String {
    joined(name, arguments(type_name).into_iter().map(|argument| spelled(argument, known)))
}

fn joined(name: &str, arguments: impl Iterator<Item = String>) -> String {
    let mut parts: Vec<String> = [name.to_owned()].into_iter().chain(arguments).collect();
    parts.retain(|part| !part.is_empty());
    parts.join("_")
}

/// The name of a type of which perhaps only the text is known.
fn spelled(type_name: &str, known: &[Argument]) -> String {
    match known.iter().find(|known| known.type_name == type_name) {
        Some(found) => with_arguments(&found.short, type_name, known),
        None => with_arguments(&word(type_name), type_name, known),
    }
}

/// The last word of a path, without what a component's name may not have.
fn word(type_name: &str) -> String {
    let path = type_name.split(['<', '(', ';']).next().unwrap_or_default();
    let word = path.rsplit([':', '&', ' ', '[']).next().unwrap_or_default();
    word.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '_').collect()
}

/// What stands in the angle brackets of a type, or in the parentheses of a tuple. Lifetimes say nothing of its shape.
fn arguments(type_name: &str) -> Vec<&str> {
    let tuple = type_name.strip_prefix('(').and_then(|inside| inside.strip_suffix(')'));
    let generic = || type_name.split_once('<').and_then(|(_, rest)| rest.strip_suffix('>'));
    let Some(inside) = tuple.or_else(generic) else { return Vec::new() };
    let (mut depth, mut start, mut found) = (0_usize, 0, Vec::new());
    for (at, c) in inside.char_indices() {
        match c {
            '<' | '(' | '[' => depth += 1,
            '>' | ')' | ']' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => {
                found.push(inside[start..at].trim());
                start = at + 1;
            }
            _ => {}
        }
    }
    found.push(inside[start..].trim());
    found.retain(|argument| !argument.is_empty() && !argument.starts_with('\''));
    found
}

/// Whether a type goes by its name. Those of the language and the standard library are written out.
pub(super) fn has_name(type_name: &str) -> bool {
    let root = type_name.split("::").next().unwrap_or_default();
    root.len() < type_name.len()
        && root.starts_with(|first: char| first.is_alphabetic() || first == '_')
        && !matches!(root, "alloc" | "core" | "serde_json" | "std")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_the_arguments_behind_it() {
        for (type_name, expected) in [
            ("app::Row", "Row"),
            ("app::Page<app::Row>", "Page_Row"),
            ("app::Page<alloc::vec::Vec<app::Row>>", "Page_Vec_Row"),
            ("app::Pair<u8, (app::Row, &str)>", "Pair_u8_Row_str"),
            ("app::Borrowed<'_, app::Row>", "Borrowed_Row"),
            ("app::Fixed<3>", "Fixed_3"),
            ("[u8; 4]", "u8"),
        ] {
            assert_eq!(spelled(type_name, &[]), expected);
        }
    }

    #[test]
    fn an_argument_goes_by_the_name_that_it_was_given() {
        let row = Argument { type_name: "app::Row", short: "Line".to_owned() };
        assert_eq!(spelled("app::Page<app::Row>", &[row]), "Page_Line");
    }
}
