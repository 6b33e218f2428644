//! Arguments to run to exit code; everything else is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    callboard::cli::main(std::env::args_os())
}
