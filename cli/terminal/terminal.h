#pragma once

#include <string>

namespace kirchhoff::cli {

/// First thing in the program: descriptors 0 to 2 that are closed are opened on /dev/null, so that
/// no file of the program can become one of them and get its messages.
void open_standard_descriptors();

/// What is printed on standard output passes printable() from now on: whatever a file or an option
/// holds, it cannot steer the terminal.
void guard_standard_output();

/// Nothing more is printed on standard output. Descriptor 1 stays what it is: outputs that go there
/// get through.
void silence_standard_output();

/// Prints a page of the program's own words on standard output: lines that begin at the left edge
/// and end in a colon are headings, in bold where there are colours.
void print_page(const std::string& page);

}  // namespace kirchhoff::cli
