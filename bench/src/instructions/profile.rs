//! What callgrind wrote of one run: its instructions, and how often it asked for memory.
//!
//! The format is that of "Callgrind Format Specification" in valgrind's manual: a function has its name where its number
//! is first mentioned, and `calls=` follows the name of who is called.

use std::collections::HashMap;

/// What one run took.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Profile {
    pub(super) instructions: u64,
    /// Calls of the allocator that may give memory.
    pub(super) allocations: u64,
}

const ALLOCATORS: [&str; 5] = ["malloc", "calloc", "realloc", "aligned_alloc", "posix_memalign"];

impl Profile {
    /// None when the text is not what callgrind writes.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut names: HashMap<&str, &str> = HashMap::new();
        let mut allocations = 0;
        let mut called = None;
        let mut instructions = None;
        for line in text.lines() {
            if let Some(name) = line.strip_prefix("fn=") {
                function(name, &mut names);
            } else if let Some(name) = line.strip_prefix("cfn=") {
                called = function(name, &mut names);
            } else if let Some(calls) = line.strip_prefix("calls=") {
                if called.take().is_some_and(is_allocator) {
                    allocations += calls.split_whitespace().next()?.parse::<u64>().ok()?;
                }
            } else if let Some(totals) = line.strip_prefix("totals: ") {
                instructions = totals.trim().parse().ok();
            }
        }
        Some(Self { instructions: instructions?, allocations })
    }
}

/// `(7) malloc` the first time, then `(7)`.
fn function<'a>(text: &'a str, names: &mut HashMap<&'a str, &'a str>) -> Option<&'a str> {
    let (number, name) = text.split_once(' ').unwrap_or((text, ""));
    if name.is_empty() {
        return names.get(number).copied();
    }
    names.insert(number, name);
    Some(name)
}

/// A recursive call has its depth behind the name: `malloc'2`.
fn is_allocator(name: &str) -> bool {
    let name = name.split('\'').next().unwrap_or(name);
    ALLOCATORS.contains(&name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_of_the_allocator_are_counted_by_name_and_by_number() {
        let text = "events: Ir\n\
                    fn=(1) main\n\
                    3 10\n\
                    cfi=(2) malloc.c\n\
                    cfn=(2) malloc\n\
                    calls=3 7\n\
                    3 90\n\
                    fn=(3) other\n\
                    cfn=(4) malloc_usable_size\n\
                    calls=5 7\n\
                    1 5\n\
                    cfn=(2)\n\
                    calls=4 7\n\
                    2 80\n\
                    cfn=(5) realloc'2\n\
                    calls=1 1\n\
                    1 1\n\
                    totals: 191\n";
        let expected = Profile { instructions: 191, allocations: 8 };
        assert_eq!(Profile::parse(text), Some(expected));
        assert_eq!(Profile::parse("fn=(1) main\n"), None);
    }
}
