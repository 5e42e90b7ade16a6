use super::*;

#[test]
fn text_says_which_input_what_and_what_to_do() {
    let problem = InputProblem::TruncatedCompressed { path: "a/error.log.gz".into(), after: 42 };
    assert_eq!(
        problem.to_string(),
        "a/error.log.gz: compressed data ends early after 42 bytes; what was read is analysed, \
         copy the file again for the rest"
    );
    assert!(problem.is_fatal());
    let path = PathBuf::from("x");
    let copy = InputProblem::Copy { path: path.clone(), of: path.clone() };
    for harmless in [copy, InputProblem::Empty { path }] {
        assert!(!harmless.is_fatal());
    }
}

#[test]
fn stdin_has_a_name_and_control_characters_are_escaped() {
    let empty = InputProblem::Empty { path: "-".into() };
    assert!(empty.to_string().starts_with("standard input: is empty"));
    let odd = InputProblem::NotFound { path: "a\u{1b}[31mb\n".into() };
    assert!(odd.to_string().starts_with("a\\u{1b}[31mb\\n: no such file"));
}

#[test]
fn errors_of_the_operating_system_keep_their_kind() {
    let path = Path::new("x");
    let of = |kind| InputProblem::from_io(path, &io::Error::from(kind));
    assert!(matches!(of(io::ErrorKind::NotFound), InputProblem::NotFound { .. }));
    assert!(matches!(of(io::ErrorKind::PermissionDenied), InputProblem::PermissionDenied { .. }));
    let eio = InputProblem::from_io(path, &io::Error::from_raw_os_error(5));
    assert!(matches!(&eio, InputProblem::Unreadable { .. }), "{eio:?}");
    assert!(eio.is_fatal());
}
