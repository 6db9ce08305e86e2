#include <cstdlib>
#include <iostream>

#include "cli/command.h"

int main(int argc, char** argv) {
  const int code = pond::cli::run_pond(argc, argv);
  // After a failure, of memory perhaps, the libraries' own ends are not worth another one.
  if (code != 0) {
    std::cout.flush();
    std::_Exit(code);
  }
  return code;
}
