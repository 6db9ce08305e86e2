#include "remote/lineage.h"

#include <nlohmann/json.hpp>

#include "oplog/commit_info.h"
#include "pond/error.h"

namespace pond::remote {

Standing standing_of(std::int64_t version, const std::string& commit_info) {
  Standing standing{.version = version, .tip = {.txn = version, .chain = {}}};
  standing.tip.chain = oplog::read_commit_info(version, 0, commit_info).summary.chain;
  const auto info = nlohmann::json::parse(commit_info, nullptr, false);
  if (!info.is_object() || !info.contains("pond") || !info["pond"].is_object()) return standing;
  const auto jump = info["pond"].find("jump");
  if (jump == info["pond"].end() || !jump->is_object()) return standing;
  standing.jump = true;
  standing.tip = {.txn = jump->value("txn", std::int64_t{-1}), .chain = jump->value("chain", "")};
  return standing;
}

std::string jump_info(const Tip& tip, const std::string& pond_id, std::int64_t time_ms) {
  nlohmann::ordered_json info;
  info["timestamp"] = time_ms;
  info["operation"] = "WRITE";
  info["operationParameters"] = nlohmann::json::object();
  info["isBlindAppend"] = false;
  info["engineInfo"] = "DuckPond";
  info["pond"] = {{"id", pond_id}, {"jump", {{"txn", tip.txn}, {"chain", tip.chain}}}};
  return info.dump();
}

Tip tip_at(const oplog::OpLog& log, std::int64_t txn) {
  const auto entry = log.entry(txn);
  if (!entry) return {};
  return standing_of(txn, oplog::commit_info_of(entry->actions)).tip;
}

std::optional<std::string> read_if_there(const ObjectStore& store, const std::string& key) {
  try {
    return store.read(key);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::NotFound) throw;
    return std::nullopt;
  }
}

}  // namespace pond::remote
