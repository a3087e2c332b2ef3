//! What is read from files, as tables of data.

use std::fmt::Write;

use expect_test::{Expect, expect};
use receivables::{BillingZone, Business, Currency, Locale};

use super::reading::{FileContent, read};
use super::{CustomerName, IMPORT_BYTES_MAX, IMPORT_ROWS_MAX};

fn business() -> Business {
    Business {
        id: "biz_01JD8Z0000ABCDEFGHJKMNPQRS".parse().unwrap(),
        name: "Atelier".parse().unwrap(),
        default_currency: Currency::EUR,
        time_zone: BillingZone::named("Europe/Paris").unwrap(),
        locales: vec![Locale::French],
        email: "compta@atelier.example".parse().unwrap(),
        write_off_tolerances: std::collections::BTreeMap::new(),
        outside_payments: receivables::OutsidePayments::Propose,
        provider_refunds: receivables::ProviderRefunds::Ask,
        not_ours: Vec::new(),
        version: 1,
    }
}

fn shown(read: &FileContent) -> String {
    let mut out = format!("{} rows, {} invoices\n", read.rows, read.found);
    for imported in &read.invoices {
        let (draft, lines) = (&imported.draft, &imported.lines);
        let customer = match &imported.customer {
            CustomerName::Ours(id) => id.to_string(),
            CustomerName::Theirs(id) => id.to_string(),
        };
        let newcomer = imported.newcomer.as_ref().map_or("", |profile| profile.name.as_str());
        let (number, issued_on, currency) = (&draft.number, draft.issued_on, draft.currency);
        let due_on = draft.schedule.last_day().unwrap();
        writeln!(out, "{number} for {customer} [{newcomer}] {issued_on} due {due_on} {currency} lines {lines:?}")
            .unwrap();
        for line in &draft.lines {
            let (what, price) = (line.description.as_str(), line.unit_price.to_plain());
            writeln!(out, "  {what}: {} x {price} at {}%", line.quantity, line.tax_rate).unwrap();
        }
    }
    for error in &read.errors {
        writeln!(out, "line {} {}: {}", error.line, error.column.unwrap_or("-"), error.message).unwrap();
    }
    out
}

#[track_caller]
fn check(file: impl AsRef<[u8]>, expected: &Expect) {
    expected.assert_eq(&shown(&read(file.as_ref(), &business())));
}

#[test]
fn rows_of_one_number_are_one_invoice() {
    check(
        "number,customer,customer_name,issued_on,due_on,description,quantity,unit_price,tax_rate\n\
         A1,C-1,Martin,2026-03-01,2026-03-31,Flour,4,31.50,5.5\n\
         A1,,,,,\"Sugar, fine\",,10,\n\
         \n\
         A2,cst_01JD8Z0000ABCDEFGHJKMNPQRS,,2026-03-01,2026-03-31,Salt,1,1,0\n",
        &expect![[r#"
            3 rows, 2 invoices
            A1 for C-1 [Martin] 2026-03-01 due 2026-03-31 EUR lines [2, 3]
              Flour: 4 x 31.50 at 5.5%
              Sugar, fine: 1 x 10.00 at 0%
            A2 for cst_01JD8Z0000ABCDEFGHJKMNPQRS [] 2026-03-01 due 2026-03-31 EUR lines [5]
              Salt: 1 x 1.00 at 0%
        "#]],
    );
}

#[test]
fn separators_bom_line_ends_and_case_of_the_header_do_not_matter() {
    let header = ["Number", "CUSTOMER", "currency", "issued_on", "due_on", "description", "unit_price"];
    let row = ["A1", "C-1", "JPY", "2026-03-01", "2026-03-31", "Tea; green, \"first\"", "500"];
    let mut read_as = Vec::new();
    for separator in [",", ";", "\t"] {
        for (bom, end) in [("", "\n"), ("\u{feff}", "\r\n")] {
            let quoted: Vec<String> = row.iter().map(|cell| format!("\"{}\"", cell.replace('"', "\"\""))).collect();
            let file = format!("{bom}{}{end}{}{end}", header.join(separator), quoted.join(separator));
            read_as.push(shown(&read(file.as_bytes(), &business())));
        }
    }
    read_as.dedup();
    let [one] = read_as.as_slice() else { panic!("{read_as:?}") };
    expect![[r#"
        1 rows, 1 invoices
        A1 for C-1 [] 2026-03-01 due 2026-03-31 JPY lines [2]
          Tea; green, "first": 1 x 500 at 0%
    "#]]
    .assert_eq(one);
}

#[test]
fn every_error_is_told_with_its_line_and_column() {
    check(
        "number,customer,customer_email,currency,issued_on,due_on,description,quantity,unit_price,tax_rate,external_id\n\
         A1,C 1,nobody,EURO,01/03/2026,2026-02-30,,2,1.00,0,inv_7\n\
         A2,C-1,,EUR,2026-03-01,2026-03-31,\"Two\nlines\",-1,\"1,50\",20%,\n\
         A3,C-1,,EUR,2026-03-01,2026-03-31,Bread,0,1.005,101,\n\
         A4,C-1,,EUR,2026-03-01,2026-02-28,Bread,1,1.00,101,\n\
         ,C-1,,EUR,2026-03-01,2026-03-31,Bread,1,1.00,0,\n\
         A5,C-1,,EUR,2026-03-01,2026-03-31,Bread,1,1.00\n",
        &expect![[r#"
            6 rows, 6 invoices
            line 2 customer: expected our id of the customer, or yours: an id of 1 to 200 characters without spaces, not of the form of our own ids
            line 2 customer_email: expected an e-mail address such as name@example.com
            line 2 currency: expected an ISO 4217 currency code with a minor unit, such as EUR or JPY
            line 2 issued_on: expected a date of the form YYYY-MM-DD
            line 2 due_on: expected a date of the form YYYY-MM-DD
            line 2 external_id: expected an id of 1 to 200 characters without spaces, not of the form of our own ids
            line 2 description: expected a description of 1 to 200 characters on one line
            line 3 description: expected characters that can be seen, not control, zero-width or direction-changing ones
            line 3 quantity: expected a decimal number such as 2 or 19.6, with a point and without signs
            line 3 tax_rate: expected a decimal number such as 2 or 19.6, with a point and without signs
            line 3 unit_price: expected a decimal number such as 120.50, without spaces, signs or thousands separators
            line 5 unit_price: expected at most 2 digits after the decimal point
            line 6 due_on: expected a due date on or after the date of issue
            line 7 number: expected an invoice number of 1 to 200 characters on one line
            line 8 -: expected 11 cells as in the header, got 9
        "#]],
    );
}

#[test]
fn what_the_books_would_refuse_is_told_at_its_row() {
    check(
        "number;customer;issued_on;due_on;description;quantity;unit_price;tax_rate\n\
         A1;C-1;2026-03-01;2026-02-28;Bread;1;1.00;0\n\
         A2;C-1;2026-03-01;2026-03-31;Bread;1;1.00;0\n\
         A2;;;;Cake;0;1.00;0\n\
         A3;C-1;2026-03-01;2026-03-31;Bread;1;1.00;0\n\
         A3;;;;Cake;1;1.00;100.5\n",
        &expect![[r#"
            5 rows, 3 invoices
            line 2 due_on: expected a due date on or after the date of issue
            line 4 quantity: expected a quantity greater than zero with at most 6 decimals
            line 6 tax_rate: expected a tax rate in percent, 0 to 100, with at most 6 decimals
        "#]],
    );
}

#[test]
fn rows_that_contradict_each_other_are_errors() {
    check(
        "number,customer,currency,issued_on,due_on,description,unit_price,external_id\n\
         A1,C-1,EUR,2026-03-01,2026-03-31,Bread,1.00,E1\n\
         A1,C-2,EUR,2026-03-01,2026-04-01,Cake,1.00,\n\
         A2,C-1,,2026-03-01,2026-03-31,Bread,1.00,E2\n\
         A1,C-1,EUR,2026-03-01,2026-03-31,Bread,1.00,\n\
         A3,C-1,EUR,2026-03-01,2026-03-31,Bread,1.00,E2\n\
         A4,C-1,EUR,2026-03-01,2026-03-31,Bread,1.00,\n\
         A5,C-1,EUR,2026-03-01,2026-03-31,Bread,1.00,\n\
         A4,C-1,EUR,2026-03-01,2026-03-31,Bread,1.00,\n",
        &expect![[r#"
            8 rows, 7 invoices
            A2 for C-1 [] 2026-03-01 due 2026-03-31 EUR lines [4]
              Bread: 1 x 1.00 at 0%
            A5 for C-1 [] 2026-03-01 due 2026-03-31 EUR lines [8]
              Bread: 1 x 1.00 at 0%
            line 3 customer: expected the same as on line 2, where the invoice begins, or nothing
            line 3 due_on: expected the same as on line 2, where the invoice begins, or nothing
            line 5 number: expected the rows of one invoice to follow one another; its number was on line 2
            line 6 external_id: expected an external_id of its own; line 4 has the same
            line 9 number: expected the rows of one invoice to follow one another; its number was on line 7
        "#]],
    );
}

#[test]
fn a_header_names_known_columns_once_and_all_that_are_needed() {
    check(
        "number,customer,issued_on,due_on,description,unit_price,amount,number\nA1,C-1,,,,,,\n",
        &expect![[r#"
        0 rows, 0 invoices
        line 1 -: unknown column "amount"; the columns are number, customer, customer_name, customer_email, customer_locale, currency, issued_on, due_on, description, quantity, unit_price, tax_rate, purchase_order, external_id
        line 1 -: expected each column once; "number" is there twice
    "#]],
    );
    check(
        "number,issued_on\n",
        &expect![[r#"
        0 rows, 0 invoices
        line 1 customer: expected a column "customer", which is missing
        line 1 due_on: expected a column "due_on", which is missing
        line 1 description: expected a column "description", which is missing
        line 1 unit_price: expected a column "unit_price", which is missing
    "#]],
    );
    check(
        "",
        &expect![[r#"
        0 rows, 0 invoices
        line 1 -: expected a header row that names the columns; the file is empty
    "#]],
    );
    check(
        "\n\n",
        &expect![[r#"
        0 rows, 0 invoices
        line 1 -: expected a header row that names the columns; the file is empty
    "#]],
    );
}

#[test]
fn a_file_that_is_cut_off_or_of_another_encoding_is_refused_whole() {
    const HEADER: &str = "number,customer,issued_on,due_on,description,unit_price\n";
    const GOOD: &str = "A1,C-1,2026-03-01,2026-03-31,Bread,1.00\n";
    check(
        format!("{HEADER}{GOOD}A2,C-1,2026-03-01,2026-03-31,\"Bre"),
        &expect![[r#"
        0 rows, 0 invoices
        line 3 -: the file ends within a quoted field that begins here; is it cut off?
    "#]],
    );
    check(
        format!("{HEADER}{GOOD}A2,C-1,2026-03"),
        &expect![[r#"
            0 rows, 0 invoices
            line 3 -: the file ends within this line; is it cut off? If it is whole, end its last line with a line break
        "#]],
    );
    check(
        format!("{HEADER}{GOOD}A2,C-1,2026-03-01,2026-03-31,Bread,12"),
        &expect![[r#"
        0 rows, 0 invoices
        line 3 -: the file ends within this line; is it cut off? If it is whole, end its last line with a line break
    "#]],
    );
    check(
        [HEADER.as_bytes(), b"A1,C-1,2026-03-01,2026-03-31,Cr\xeame,1.00\n"].concat(),
        &expect![[r#"
        0 rows, 0 invoices
        line 2 -: expected text in UTF-8; here are bytes of another encoding: save it as “CSV UTF-8”
    "#]],
    );
    check(
        b"\xff\xfen\0u\0m\0",
        &expect![[r#"
        0 rows, 0 invoices
        line 1 -: expected text in UTF-8; this is UTF-16: save it as “CSV UTF-8”
    "#]],
    );
}

#[test]
fn a_file_is_read_up_to_its_limits_and_no_further() {
    const HEADER: &str = "number,customer,issued_on,due_on,description,unit_price\n";
    let file = |rows: usize| {
        let rows = (0..rows).map(|row| format!("A{row},C-1,2026-03-01,2026-03-31,Bread,1.00\n"));
        format!("{HEADER}{}", rows.collect::<String>())
    };
    let full = read(file(IMPORT_ROWS_MAX).as_bytes(), &business());
    assert_eq!((full.invoices.len(), full.errors.len()), (IMPORT_ROWS_MAX, 0));
    let over = read(file(IMPORT_ROWS_MAX + 1).as_bytes(), &business());
    assert_eq!((over.invoices.len(), over.errors.len()), (0, 1));
    let heavy = read(&vec![b'x'; IMPORT_BYTES_MAX + 1], &business());
    assert_eq!((heavy.invoices.len(), heavy.errors.len()), (0, 1));

    let lines = |lines: usize| {
        let rows = (0..lines).map(|_| "A1,C-1,2026-03-01,2026-03-31,Bread,1.00\n");
        format!("{HEADER}{}", rows.collect::<String>())
    };
    assert!(read(lines(100).as_bytes(), &business()).errors.is_empty());
    assert_eq!(read(lines(101).as_bytes(), &business()).errors.len(), 1);
}

#[test]
fn the_file_is_split_as_the_reader_of_csv_splits_it() {
    let file = "number,customer,issued_on,due_on,description,unit_price\r\n\
                \r\n\
                A1,C-1,2026-03-01,2026-03-31,\"a \"\"quoted\"\" word\",1.00\r\n\
                A2,C-1,2026-03-01,2026-03-31,mid\"quote,1.00\r\n\
                ,,,,,\r\n\
                A3,C-1,2026-03-01,2026-03-31,plain,1.00\r\n";
    check(
        file,
        &expect![[r#"
        3 rows, 3 invoices
        A1 for C-1 [] 2026-03-01 due 2026-03-31 EUR lines [3]
          a "quoted" word: 1 x 1.00 at 0%
        A2 for C-1 [] 2026-03-01 due 2026-03-31 EUR lines [4]
          mid"quote: 1 x 1.00 at 0%
        A3 for C-1 [] 2026-03-01 due 2026-03-31 EUR lines [6]
          plain: 1 x 1.00 at 0%
    "#]],
    );
}
