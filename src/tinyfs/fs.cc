#include <utility>

#include "pond/tinyfs.h"
#include "tinyfs/path.h"
#include "tinyfs/place.h"

namespace pond::tinyfs {

NodePtr Backend::load_dynamic(const DynamicSpec& spec) const {
  if (!loader_) {
    throw Error(ErrorCode::Unsupported, "cannot load a dynamic node of factory '" +
                                            shown(spec.factory) + "': no factories here");
  }
  NodePtr node = loader_(spec);
  // A node of another id could not be found again by dynamic_spec and update_dynamic.
  if (!node || node->id() != spec.id) {
    throw Error(ErrorCode::Unsupported,
                "factory '" + shown(spec.factory) + "' made no node of id " + spec.id.to_string());
  }
  return node;
}

Transaction::Transaction(Backend* backend) : backend_(backend) {
  backend_->begin();
}

Transaction::Transaction(Transaction&& other) noexcept
    : backend_(std::exchange(other.backend_, nullptr)) {}

Transaction::~Transaction() {
  if (backend_ == nullptr) return;
  // A destructor cannot report; what was pending is not committed either way.
  try {
    backend_->restore();
  } catch (...) {
  }
}

std::optional<std::uint64_t> Transaction::commit(const CommitNote& note) {
  if (backend_ == nullptr)
    throw Error(ErrorCode::InvalidArgument, "the transaction has ended already");
  // A commit that throws has restored the backend itself.
  return std::exchange(backend_, nullptr)->commit(note);
}

void Transaction::restore() {
  if (backend_ == nullptr)
    throw Error(ErrorCode::InvalidArgument, "the transaction has ended already");
  std::exchange(backend_, nullptr)->restore();
}

FS::FS(std::shared_ptr<Backend> backend) : backend_(std::move(backend)) {}

WD FS::root() {
  return WD(backend_, root_place(*backend_));
}

Transaction FS::begin() {
  return Transaction(backend_.get());
}

}  // namespace pond::tinyfs
