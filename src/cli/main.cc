#include "cli/command.h"

int main(int argc, char** argv) {
  return pond::cli::run_pond(argc, argv);
}
