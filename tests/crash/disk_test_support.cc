#include "disk_test_support.h"

#include <unistd.h>

#include <algorithm>
#include <functional>
#include <stdexcept>

#include "base/file.h"
#include "base/sha256.h"

namespace pond::crash {
namespace fs = std::filesystem;

// --- blobs and images

Blobs::Blobs(fs::path directory) : directory_(std::move(directory)) {
  fs::create_directories(directory_);
}

std::size_t Blobs::put(const std::string& bytes) {
  const auto [found, is_new] = known_.emplace(Sha256::of(bytes), known_.size());
  if (is_new) write_all(create_exclusive(path(found->second)), bytes, path(found->second));
  return found->second;
}

fs::path Blobs::path(std::size_t blob) const {
  return directory_ / std::to_string(blob);
}

std::vector<std::size_t> Blobs::altered() const {
  std::vector<std::size_t> all;
  for (const auto& [hash, blob] : known_)
    if (Sha256::of(read_file(path(blob))) != hash) all.push_back(blob);
  return all;
}

std::string Image::key() const {
  std::string key;
  for (const auto& directory : directories)
    key += directory + "\n";
  for (const auto& [path, blob] : files)
    key += path + " " + std::to_string(blob) + "\n";
  return key;
}

void Image::write(const fs::path& directory, const Blobs& blobs) const {
  fs::create_directories(directory);
  for (const auto& path : directories)
    fs::create_directory(directory / path);
  for (const auto& [path, blob] : files)
    fs::create_hard_link(blobs.path(blob), directory / path);
}

Image Image::read(const fs::path& directory, Blobs& blobs) {
  Image image;
  for (const auto& item : fs::recursive_directory_iterator(directory)) {
    const std::string path = item.path().lexically_relative(directory).string();
    if (item.is_directory()) {
      image.directories.insert(path);
    } else {
      image.files[path] = blobs.put(read_file(item.path()));
    }
  }
  return image;
}

// --- the disk

Disk::Disk(std::string root, const Image& image, Blobs& blobs)
    : root_(std::move(root)), blobs_(blobs) {
  make(true);
  const auto add = [&](const std::string& path, bool directory) {
    const auto [above, name] = place(root_ + "/" + path);
    const int inode = make(directory);
    auto& parent = inodes_[static_cast<std::size_t>(above)];
    parent.entries[name] = parent.now[name] = inode;
    return inode;
  };
  for (const auto& path : image.directories)
    add(path, true);
  for (const auto& [path, blob] : image.files)
    inodes_[static_cast<std::size_t>(add(path, false))].bytes = read_file(blobs_.path(blob));
}

int Disk::make(bool directory) {
  inodes_.emplace_back().directory = directory;
  return static_cast<int>(inodes_.size()) - 1;
}

int Disk::find(const std::string& path) const {
  if (!path.starts_with(root_)) throw std::runtime_error("not below the root: " + path);
  int inode = 0;
  for (const auto& name : fs::path(path).lexically_relative(root_)) {
    if (name == ".") continue;
    const auto& now = inodes_[static_cast<std::size_t>(inode)].now;
    const auto found = now.find(name.string());
    if (found == now.end()) return -1;
    inode = found->second;
  }
  return inode;
}

std::pair<int, std::string> Disk::place(const std::string& path) const {
  const fs::path whole(path);
  const int directory = find(whole.parent_path().string());
  if (directory < 0) throw std::runtime_error("no directory for " + path);
  return {directory, whole.filename().string()};
}

void Disk::change(std::vector<Change> changes, std::int64_t needs) {
  for (const auto& one : changes) {
    auto& now = inodes_[static_cast<std::size_t>(one.directory)].now;
    if (one.inode < 0) {
      now.erase(one.name);
    } else {
      now[one.name] = one.inode;
    }
  }
  pending_.push_back({std::move(changes), next_id_++, needs});
}

void Disk::rename(const std::string& from, const std::string& to) {
  const int inode = find(from);
  const auto [from_directory, from_name] = place(from);
  const auto [to_directory, to_name] = place(to);
  const Change add{to_directory, to_name, inode};
  const Change remove{from_directory, from_name, -1};
  if (from_directory == to_directory) return change({remove, add});
  change({add});
  change({remove}, next_id_ - 1);
}

void Disk::make_durable(std::size_t index) {
  const Pending done = pending_[index];
  pending_.erase(pending_.begin() + static_cast<std::ptrdiff_t>(index));
  for (std::size_t i = 0; done.needs >= 0 && i < pending_.size(); ++i) {
    if (pending_[i].id != done.needs) continue;
    make_durable(i);
    break;
  }
  for (const auto& one : done.changes) {
    auto& entries = inodes_[static_cast<std::size_t>(one.directory)].entries;
    if (one.inode < 0) {
      entries.erase(one.name);
    } else {
      entries[one.name] = one.inode;
    }
  }
}

void Disk::sync(int number) {
  auto& inode = inodes_[static_cast<std::size_t>(number)];
  if (!inode.directory) {
    std::size_t next = 0;
    std::mt19937 unused;
    const Choice whole{.names = {}, .data = std::vector(inode.pieces.size(), Fate::Whole)};
    inode.bytes = bytes_of(inode, whole, next, unused);
    inode.pieces.clear();
    inode.blob.reset();
    return;
  }
  for (std::size_t i = 0; i < pending_.size();) {
    if (pending_[i].changes.front().directory == number) {
      make_durable(i);
      i = 0;
    } else {
      ++i;
    }
  }
}

void Disk::apply(const Record& record) {
  const auto inode_of = [&]() -> Inode& {
    return inodes_[static_cast<std::size_t>(handles_.at(record.handle))];
  };
  switch (record.op) {
    case Op::Open:
      // The checks between two commands may have made the lock file, which is always empty.
      if ((record.flags & kCreated) != 0 ||
          (record.first.ends_with("/.readers") && find(record.first) < 0)) {
        const auto [directory, name] = place(record.first);
        change({{directory, name, make(false)}});
      }
      handles_[record.handle] = find(record.first);
      if (handles_[record.handle] < 0) throw std::runtime_error("opened unseen: " + record.first);
      if ((record.flags & kTruncated) != 0) inode_of().pieces.push_back({0, {}, true});
      break;
    case Op::Write:
      inode_of().pieces.push_back({record.offset, record.data, false});
      break;
    case Op::Resize:
      inode_of().pieces.push_back({record.offset, {}, true});
      break;
    case Op::Sync:
      sync(handles_.at(record.handle));
      break;
    case Op::Rename:
      rename(record.first, record.second);
      break;
    case Op::Link: {
      const auto [directory, name] = place(record.second);
      change({{directory, name, find(record.first)}});
      break;
    }
    case Op::Unlink:
    case Op::Rmdir: {
      const auto [directory, name] = place(record.first);
      change({{directory, name, -1}});
      break;
    }
    case Op::Mkdir: {
      const auto [directory, name] = place(record.first);
      change({{directory, name, make(true)}});
      break;
    }
  }
}

std::size_t Disk::data_in_doubt() const {
  std::size_t count = 0;
  for (const auto& inode : inodes_)
    count += inode.pieces.size();
  return count;
}

Choice Disk::everything() const {
  return {.names = std::vector<bool>(names_in_doubt(), true),
          .data = std::vector(data_in_doubt(), Fate::Whole)};
}

std::string Disk::bytes_of(const Inode& inode, const Choice& choice, std::size_t& next,
                           std::mt19937& random) const {
  std::string bytes = inode.bytes;
  for (const auto& piece : inode.pieces) {
    const Fate fate = choice.data[next++];
    const auto begin = static_cast<std::size_t>(piece.offset);
    if (piece.resize) {
      if (fate == Fate::Whole) bytes.resize(begin, '\0');
      continue;
    }
    if (fate == Fate::Absent) continue;
    const std::size_t end = begin + piece.data.size();
    const std::size_t before = bytes.size();
    bytes.resize(std::max(before, end), '\0');
    if (fate == Fate::Whole) bytes.replace(begin, piece.data.size(), piece.data);
    if (fate != Fate::Torn) continue;
    const std::size_t sector = random() % 2 == 0 ? 512 : 4096;
    std::size_t reached = before;
    for (std::size_t at = begin; at < end;) {
      const std::size_t border = std::min(end, (at / sector + 1) * sector);
      if (random() % 2 == 0) {
        bytes.replace(at, border - at, piece.data, at - begin, border - at);
        reached = std::max(reached, border);
      }
      at = border;
    }
    if (random() % 2 == 0) bytes.resize(reached);  // else zeros up to the length written
  }
  return bytes;
}

Image Disk::image(const Choice& choice) const {
  std::map<int, std::map<std::string, int>> changed;
  std::set<std::int64_t> applied;
  for (std::size_t i = 0; i < pending_.size(); ++i) {
    const Pending& one = pending_[i];
    const bool halved = one.needs >= 0 && !applied.contains(one.needs) &&
                        std::any_of(pending_.begin(), pending_.end(),
                                    [&](const Pending& other) { return other.id == one.needs; });
    if (!choice.names[i] || halved) continue;
    applied.insert(one.id);
    for (const auto& change : one.changes) {
      auto& entries =
          changed
              .try_emplace(change.directory,
                           inodes_[static_cast<std::size_t>(change.directory)].entries)
              .first->second;
      if (change.inode < 0) {
        entries.erase(change.name);
      } else {
        entries[change.name] = change.inode;
      }
    }
  }
  // Tearing is drawn in the order of the inodes, so that a choice always gives the same image.
  std::mt19937 random(choice.seed);
  std::map<int, std::string> doubtful;
  std::size_t next = 0;
  for (std::size_t i = 0; i < inodes_.size(); ++i)
    if (!inodes_[i].pieces.empty())
      doubtful[static_cast<int>(i)] = bytes_of(inodes_[i], choice, next, random);

  Image image;
  const std::function<void(int, const std::string&)> walk = [&](int number,
                                                                const std::string& above) {
    const auto found = changed.find(number);
    const auto& entries =
        found != changed.end() ? found->second : inodes_[static_cast<std::size_t>(number)].entries;
    for (const auto& [name, child] : entries) {
      const Inode& inode = inodes_[static_cast<std::size_t>(child)];
      if (inode.directory) {
        image.directories.insert(above + name);
        walk(child, above + name + "/");
      } else {
        const auto bytes = doubtful.find(child);
        if (bytes != doubtful.end()) {
          image.files[above + name] = blobs_.put(bytes->second);
          continue;
        }
        if (!inode.blob) inode.blob = blobs_.put(inode.bytes);
        image.files[above + name] = *inode.blob;
      }
    }
  };
  walk(0, "");
  return image;
}

Image Disk::now() const {
  return image(everything());
}

}  // namespace pond::crash
