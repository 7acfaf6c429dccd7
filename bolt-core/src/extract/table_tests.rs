//! Tables, cut at every byte.

use bytes::Bytes;
use proptest::collection::vec;
use proptest::prelude::*;

use super::csv::CsvFormat;
use super::input::Input;
use super::row::{self, Dialect};
use super::tests::{Row, all, everywhere, items, runtime};

#[test]
fn rows_of_csv_say_what_is_wrong_and_go_on() {
    let long = format!("\"{}\",\"1\n2\"\r\n", "x\n".repeat(40));
    let body = [
        &b"\xef\xbb\xbfname,age\r\n\"a, \"\"b\"\"\n\",1\r\n\r\n\n"[..],
        b"b,two\r\n",
        b"c\r\n",
        b"d,1,2\r\n",
        b"\xff,1\r\n",
        b"\xc3,\xa4\n",
        long.as_bytes(),
        b"e,",
    ]
    .concat();
    let expected = [
        r#"Row { name: "a, \"b\"\n", age: Some(1) }"#,
        "item 2, at byte 31: column \"age\": invalid digit found in string",
        "item 3, at byte 38: it has 1 fields, and the header has 2",
        "item 4, at byte 41: it has 3 fields, and the header has 2",
        "item 5, at byte 48: it is not UTF-8 from its byte 1 on",
        "item 6, at byte 53: it is not UTF-8 from its byte 1 on",
        "item 7, at byte 57: it is longer than 64 bytes (max_record); the quoted field that begins at byte 57 is not closed \
         in them",
        r#"Row { name: "e", age: None }"#,
    ];
    assert_eq!(everywhere::<CsvFormat<Row>>("text/csv; charset=UTF-8", &body), expected);
}

#[test]
fn a_table_may_have_no_names_and_other_delimiters() {
    let expected = [r#"("a", 1)"#, "item 2, at byte 4: field 2: invalid digit found in string"];
    let absent = everywhere::<CsvFormat<(String, u8)>>("text/csv; header=absent", b"a,1\nb,x\n");
    assert_eq!(absent, expected);
    let absent = everywhere::<CsvFormat<(String, u8)>>("text/csv; header=Absent", b"a,1\nb,x\n");
    assert_eq!(absent, expected);
    let tabs = everywhere::<CsvFormat<Row>>("text/tab-separated-values", b"age\tname\n7\ta,b\n");
    assert_eq!(tabs, [r#"Row { name: "a,b", age: Some(7) }"#]);
    runtime().block_on(async {
        let items = || items::<CsvFormat<(String, u8)>>("text/csv", "a;1\nb\n");
        let expected =
            [r#"("a", 1)"#, "item 2, at byte 4: it has 1 fields, and the first row has 2"];
        assert_eq!(all(items().await.delimiter(b';').without_header()).await, expected);
        assert_eq!(all(items().await.without_header().delimiter(b';')).await, expected);
    });
}

#[test]
fn a_quoted_field_ends_where_its_row_may_go_on() {
    let table = |body: &str| everywhere::<CsvFormat<Row>>("text/csv", body.as_bytes());
    let unclosed = table("age,name\n1,\"Ada\n2,Bo\n");
    let expected = "item 1, at byte 9: the quoted field that begins at byte 11 is not closed";
    assert_eq!(unclosed, [expected]);
    let found = table("age,name\n1,\"A\"da\n2,\"B\"\"\" \n,\"\"\n3,C\"c\"");
    let expected = [
        "item 1, at byte 9: text stands behind the quoted field that begins at byte 11",
        "item 2, at byte 17: text stands behind the quoted field that begins at byte 19",
        r#"Row { name: "", age: None }"#,
        r#"Row { name: "C\"c\"", age: Some(3) }"#,
    ];
    assert_eq!(found, expected);
    // What was left out is one row, and not all that is behind it.
    let found = table(&format!("name\n\"{}\nb\nc\n", "x".repeat(64)));
    let expected = [
        "item 1, at byte 5: it is longer than 64 bytes (max_record); the quoted field that begins at byte 5 is not closed \
         in them",
        "the quoted field that begins at byte 5 is not closed",
    ];
    assert_eq!(found, expected);
    let found = table("\"name\nb\nc\n");
    assert_eq!(found, ["the header row: the quoted field that begins at byte 0 is not closed"]);
}

#[test]
fn in_a_table_with_tabs_a_quote_is_a_character() {
    let body = b"name\tage\n\"Hi\" he said\t1\n\"oh\t2\n";
    let tabs = everywhere::<CsvFormat<Row>>("text/tab-separated-values", body);
    let expected = [
        r#"Row { name: "\"Hi\" he said", age: Some(1) }"#,
        r#"Row { name: "\"oh", age: Some(2) }"#,
    ];
    assert_eq!(tabs, expected);
    runtime().block_on(async {
        let rows = |content_type| items::<CsvFormat<Row>>(content_type, "name\n\"a\tb\"\n\"c\"\n");
        let quoted = rows("text/tab-separated-values").await.quoting(true);
        let expected = [r#"Row { name: "a\tb", age: None }"#, r#"Row { name: "c", age: None }"#];
        assert_eq!(all(quoted).await, expected);
        let plain = all(rows("text/csv").await.quoting(false)).await;
        assert_eq!(plain[1], r#"Row { name: "\"c\"", age: None }"#);
    });
}

#[test]
fn a_column_that_must_be_there_is_missed_once() {
    let table = |body: &str| everywhere::<CsvFormat<Row>>("text/csv", body.as_bytes());
    let spaces = [r#"Row { name: "a", age: Some(1) }"#];
    assert_eq!(table(" age , name\n1,a\n"), spaces);
    assert_eq!(table("nam,age\na,1\nb,2\n"), ["the header row: there is no column \"name\""]);
    let twice = ["the header row: there is more than one column \"name\""];
    assert_eq!(table("name,age,name\na,1,b\nc,2,d\n"), twice);
    let empty = ["item 1, at byte 9: column \"age\": invalid digit found in string"];
    assert_eq!(table("name,age\na,x\n"), empty);
}

#[test]
fn without_its_header_no_row_is_read() {
    let expected = ["the header row: it is not UTF-8 from its byte 1 on"];
    assert_eq!(everywhere::<CsvFormat<Row>>("text/csv", b"\xff,age\na,1\n"), expected);
    let wide = format!("{}\n1\n", ",".repeat(5000));
    runtime().block_on(async {
        let wide = items::<CsvFormat<Row>>("text/csv", wide).await;
        assert_eq!(all(wide).await, ["the header row: it has more than 4096 fields"]);
    });
}

/// The rows of a table, and where each begins. None when one is wrong.
fn rows(dialect: Dialect, pieces: &[&[u8]]) -> Option<Vec<(u64, Vec<String>)>> {
    let (mut input, mut row) = (Input::new(1000, true), row::Row::default());
    let (mut found, mut pieces) = (Vec::new(), pieces.iter());
    loop {
        if row.read(dialect, &mut input).ok()?.is_some() {
            found.push((input.began(), row.record.iter().map(str::to_owned).collect()));
        } else if input.has_ended() {
            return Some(found);
        } else if let Some(piece) = pieces.next() {
            input.push(Bytes::copy_from_slice(piece));
        } else {
            input.end();
        }
    }
}

/// The same by the reader of the `csv` crate, which takes for well what is not.
fn by_another_parser(dialect: Dialect, table: &[u8]) -> Vec<(u64, Vec<String>)> {
    let mut reader = csv::ReaderBuilder::new();
    reader.has_headers(false).flexible(true).delimiter(dialect.delimiter).quoting(dialect.quoting);
    let records = reader.from_reader(table).into_records().map(|record| record.expect("UTF-8"));
    records
        .map(|record| {
            let begins = record.position().expect("a place").byte();
            (begins, record.iter().map(str::to_owned).collect())
        })
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn rows_are_those_of_another_parser(
        parts in vec(proptest::sample::select(vec![
            "a", "\u{e9}", " ", ",", ",", ";", "\n", "\r\n", "\r", "\"", "\"\"", "\"b\"", "\",\"", "\"\n",
        ]), 0..24),
        quoting: bool,
    ) {
        let (table, dialect) = (parts.concat(), Dialect { delimiter: b',', quoting });
        let whole = rows(dialect, &[table.as_bytes()]);
        if let Some(whole) = &whole {
            let other = by_another_parser(dialect, table.as_bytes());
            let texts = |rows: &[(u64, Vec<String>)]| rows.iter().map(|(_, row)| row.clone()).collect::<Vec<_>>();
            prop_assert_eq!(texts(whole), texts(&other), "{:?}", table);
            for ((ours, _), (theirs, _)) in whole.iter().zip(&other) {
                // Theirs may be that of the line ends in front.
                let between = table.get(usize::try_from(*theirs)?..usize::try_from(*ours)?);
                let blank = between.is_some_and(|text| text.chars().all(|c| matches!(c, '\r' | '\n')));
                prop_assert!(blank, "{:?}: {} and {}", table, ours, theirs);
            }
        }
        for cut in 0..=table.len() {
            let cuts = [&table.as_bytes()[..cut], &table.as_bytes()[cut..]];
            prop_assert_eq!(&rows(dialect, &cuts), &whole, "{:?} cut at {}", table, cut);
        }
        prop_assert_eq!(rows(dialect, &table.as_bytes().chunks(1).collect::<Vec<_>>()), whole);
    }
}
