// A server of the tests: a program that prints one line when it is ready (an address), and ends
// when its standard input does, so that it cannot outlive the test program.
#pragma once

#include <fcntl.h>
#include <signal.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include <stdexcept>
#include <string>
#include <vector>

namespace pond {

class ServerProcess {
 public:
  // Starts `words`, a path and its arguments. Throws std::runtime_error when no line comes.
  explicit ServerProcess(std::vector<std::string> words) {
    std::vector<char*> argv;
    for (std::string& word : words)
      argv.push_back(word.data());
    argv.push_back(nullptr);
    int in[2];
    int out[2];
    if (pipe2(in, O_CLOEXEC) != 0 || pipe2(out, O_CLOEXEC) != 0) throw std::runtime_error("pipe");
    pid_ = fork();
    if (pid_ == 0) {
      dup2(in[0], STDIN_FILENO);
      dup2(out[1], STDOUT_FILENO);
      execv(argv[0], argv.data());
      _exit(127);
    }
    close(in[0]);
    close(out[1]);
    lifeline_ = in[1];
    char c = 0;
    while (read(out[0], &c, 1) == 1 && c != '\n')
      line_ += c;
    close(out[0]);
    if (line_.empty()) {
      stop();
      throw std::runtime_error("no server: " + words[0]);
    }
  }
  ~ServerProcess() { stop(); }
  ServerProcess(const ServerProcess&) = delete;
  ServerProcess& operator=(const ServerProcess&) = delete;

  const std::string& line() const { return line_; }

  void stop() {
    if (pid_ < 0) return;
    kill(pid_, SIGTERM);
    waitpid(pid_, nullptr, 0);
    close(lifeline_);
    pid_ = -1;
  }

 private:
  pid_t pid_ = -1;
  int lifeline_ = -1;  // the server's standard input
  std::string line_;
};

}  // namespace pond
