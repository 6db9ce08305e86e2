// A model of a disk that loses its power. It replays the recorded calls and keeps apart what is
// durable and what is in doubt:
//
// - The bytes of a file are durable up to its last fsync. Each later write is, by itself, there or
//   not, torn at borders of 512 or 4096 bytes, or there only as a length filled with zeros.
// - A name (made, removed, renamed, linked; of a file or a directory) is durable after an fsync of
//   the directory that holds it; an fsync of the file alone does not make its name durable. Any
//   subset of the later changes may be there, whatever their order.
// - A rename within a directory is there as a whole or not at all. Between two directories the new
//   name may be there without the old one being gone, never the reverse.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "trace_test_support.h"

namespace pond::crash {

// Contents, kept once each as files to be linked from.
class Blobs {
 public:
  explicit Blobs(std::filesystem::path directory);
  std::size_t put(const std::string& bytes);
  std::filesystem::path path(std::size_t blob) const;
  // The blobs whose bytes were changed in place: there must be none, a pond's files are immutable.
  std::vector<std::size_t> altered() const;

 private:
  std::filesystem::path directory_;
  std::map<std::string, std::size_t> known_;  // by SHA-256
};

// What a directory holds, by paths below it.
struct Image {
  std::set<std::string> directories;
  std::map<std::string, std::size_t> files;
  bool operator==(const Image&) const = default;
  std::string key() const;
  void write(const std::filesystem::path& directory, const Blobs& blobs) const;
  static Image read(const std::filesystem::path& directory, Blobs& blobs);
};

enum class Fate : std::uint8_t { Whole, Absent, Zeros, Torn };

// What became of each change in doubt.
struct Choice {
  std::vector<bool> names;
  std::vector<Fate> data;
  std::uint32_t seed = 0;  // of the tearing
};

class Disk {
 public:
  // `image` is what `root` holds durably at the beginning.
  Disk(std::string root, const Image& image, Blobs& blobs);

  void next_process() { handles_.clear(); }
  void apply(const Record& record);

  bool is_directory(std::int64_t handle) const {
    return inodes_[static_cast<std::size_t>(handles_.at(handle))].directory;
  }
  std::size_t names_in_doubt() const { return pending_.size(); }
  std::size_t data_in_doubt() const;
  Image image(const Choice& choice) const;
  Image now() const;  // what the kernel shows
  Choice everything() const;

 private:
  struct Piece {
    std::int64_t offset = 0;
    std::string data;
    bool resize = false;
  };
  struct Inode {
    bool directory = false;
    std::map<std::string, int> entries;  // directories: the durable names
    std::map<std::string, int> now;
    std::string bytes;  // files: the durable ones
    std::vector<Piece> pieces;
    mutable std::optional<std::size_t> blob;  // of `bytes`, once it was needed
  };
  struct Change {
    int directory = 0;
    std::string name;
    int inode = -1;  // -1: the name is gone
  };
  struct Pending {
    std::vector<Change> changes;  // all of one directory
    std::int64_t id = 0;
    std::int64_t needs = -1;  // the other half of a rename, that comes first
  };

  int make(bool directory);
  int find(const std::string& path) const;  // -1 when there is none
  std::pair<int, std::string> place(const std::string& path) const;
  void change(std::vector<Change> changes, std::int64_t needs = -1);
  void rename(const std::string& from, const std::string& to);
  void sync(int inode);
  void make_durable(std::size_t pending);
  std::string bytes_of(const Inode& inode, const Choice& choice, std::size_t& next,
                       std::mt19937& random) const;

  std::string root_;
  Blobs& blobs_;
  std::vector<Inode> inodes_;  // 0 is the root
  std::vector<Pending> pending_;
  std::int64_t next_id_ = 0;
  std::map<std::int64_t, int> handles_;
};

}  // namespace pond::crash
