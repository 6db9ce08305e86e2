#include "delta/actions_json.h"

#include "delta/path_escapes.h"
#include "delta_test_support.h"

namespace pond::delta {
namespace {

TEST(ActionsJson, WritesTheLinesOfTheProtocolCommitInfoFirst) {
  Metadata metadata = metadata_partitioned_by_part();
  metadata.schema_string = "{}";
  metadata.configuration = {{"delta.appendOnly", "true"}};
  AddFile add = add_of("a b", "1.parquet");
  add.partition_values["other"] = std::nullopt;
  add.stats = R"({"numRecords":1})";
  add.tags = {{"k", "v"}};
  EXPECT_EQ(to_json_lines({
                Protocol{3, 7, {"timestampNtz"}, {"timestampNtz", "domainMetadata"}},
                Protocol{},
                metadata,
                add,
                RemoveFile{"old.parquet", 5, false, {}, 0},
                remove_of(add_of("a", "2.parquet", 7), 6),
                Txn{"app", 3, 4},
                DomainMetadata{"d", "c", false},
                CommitInfo{R"({"operation": "WRITE"})"},
            }),
            R"({"commitInfo":{"operation": "WRITE"}}
{"protocol":{"minReaderVersion":3,"minWriterVersion":7,"readerFeatures":["timestampNtz"],"writerFeatures":["timestampNtz","domainMetadata"]}}
{"protocol":{"minReaderVersion":1,"minWriterVersion":2}}
{"metaData":{"id":"01890a5d-ac96-774b-bcce-b302099a8057","format":{"provider":"parquet","options":{}},"schemaString":"{}","partitionColumns":["part"],"configuration":{"delta.appendOnly":"true"},"createdTime":1000}}
{"add":{"path":"part=a%20b/1.parquet","partitionValues":{"other":null,"part":"a b"},"size":100,"modificationTime":1000,"dataChange":true,"stats":"{\"numRecords\":1}","tags":{"k":"v"}}}
{"remove":{"path":"old.parquet","deletionTimestamp":5,"dataChange":false}}
{"remove":{"path":"part=a/2.parquet","deletionTimestamp":6,"dataChange":true,"extendedFileMetadata":true,"partitionValues":{"part":"a"},"size":7}}
{"txn":{"appId":"app","version":3,"lastUpdated":4}}
{"domainMetadata":{"domain":"d","configuration":"c","removed":false}}
)");
}

TEST(ActionsJson, ReadsBackWhatItWrites) {
  AddFile add = add_of("x/y%z=ü +#?", "1.parquet");
  add.partition_values["other"] = std::nullopt;
  add.tags = {{"k", "v"}};
  const std::string text =
      to_json_lines({CommitInfo{R"({"b":1.50,"a":2})"}, metadata_partitioned_by_part(), Protocol{},
                     add, remove_of(add, 9), Txn{"app", 3, {}}, DomainMetadata{"d", "c", true}});
  const auto actions = from_json_lines(text, "f");
  ASSERT_EQ(actions.size(), 7u);
  EXPECT_EQ(std::get<CommitInfo>(actions[0]).json, R"({"b":1.50,"a":2})");
  EXPECT_EQ(std::get<AddFile>(actions[3]).path, "part=x%2Fy%25z%3Dü +%23%3F/1.parquet");
  EXPECT_EQ(std::get<AddFile>(actions[3]).partition_values, add.partition_values);
  EXPECT_EQ(to_json_lines(actions), text);
}

TEST(ActionsJson, IgnoresActionsAndMembersItDoesNotKnow) {
  const auto actions = from_json_lines(
      R"({"cdc":{"path":"x"}}
{"somethingNew":3}

{"txn":{"appId":"a","version":1,"more":[]},"add":null}
)",
      "f");
  ASSERT_EQ(actions.size(), 1u);
  EXPECT_EQ(std::get<Txn>(actions[0]).app_id, "a");
}

TEST(ActionsJson, AnEmptyPartitionValueIsNull) {
  const auto actions = from_json_lines(
      R"({"add":{"path":"f","partitionValues":{"p":"","q":null,"r":"x"},"size":1}})", "f");
  const PartitionValues expected{{"p", std::nullopt}, {"q", std::nullopt}, {"r", "x"}};
  EXPECT_EQ(std::get<AddFile>(actions[0]).partition_values, expected);
}

TEST(ActionsJson, SaysWhatIsWrongAndWhere) {
  const auto error = [](const std::string& text) {
    return error_of([&] { from_json_lines(text, "7.json"); });
  };
  EXPECT_EQ(error(""), "Corrupt: 7.json is empty");
  EXPECT_EQ(error("{\"txn\":{\"appId\":\"a\",\"version\":1}}\n{\"add\":{\"pa"),
            "Corrupt: 7.json: line 2 is not valid JSON");
  EXPECT_EQ(error(std::string(512, '\0')), "Corrupt: 7.json: line 1 is not valid JSON");
  EXPECT_EQ(error("[]"), "Corrupt: 7.json: line 1 is not a JSON object");
  EXPECT_EQ(error(R"({"add":3})"), "Corrupt: 7.json: line 1: add is not an object");
  EXPECT_EQ(error(R"({"add":{"size":1}})"), "Corrupt: 7.json: line 1: add.path is missing");
  EXPECT_EQ(error(R"({"add":{"path":"a","size":"1"}})"),
            "Corrupt: 7.json: line 1: add.size is not an integer");
  EXPECT_EQ(error(R"({"add":{"path":"a","size":1,"partitionValues":{"p":1}}})"),
            "Corrupt: 7.json: line 1: add.partitionValues holds something that is not a string");
  EXPECT_EQ(error(R"({"add":{"path":"a/%2e%2e/../b","size":1}})"),
            "Corrupt: 7.json: line 1: add: path 'a/%2e%2e/../b' leaves the table");
  EXPECT_EQ(error(R"({"add":{"path":"","size":1}})"),
            "Corrupt: 7.json: line 1: add: path '' names no file");
  EXPECT_EQ(error(R"({"add":{"path":"s3://b/f","size":1}})"),
            "Unsupported: 7.json: line 1: add: path 's3://b/f' is absolute; only files below the "
            "table are supported");
  EXPECT_EQ(error(R"({"add":{"path":"a","size":1,"deletionVector":{}}})"),
            "Corrupt: 7.json: line 1: add.deletionVector.storageType is missing");
}

TEST(ActionsJson, RefusesToWriteWhatIsNotJson) {
  EXPECT_EQ(error_of([] { to_json_lines({CommitInfo{"[1]"}}); }),
            "InvalidArgument: a commitInfo must be a JSON object");
  EXPECT_EQ(error_of([] {
              to_json_lines({Txn{"\xff", 1, {}}});
            }),
            "InvalidArgument: a log entry would hold text that is not UTF-8");
  EXPECT_EQ(to_json_lines({CommitInfo{"{\n  \"a\": 1\n}"}}), "{\"commitInfo\":{\"a\":1}}\n");
}

TEST(ActionsJson, TheCommitTimestampOfTheTableWins) {
  const auto time = [](const std::string& json) { return commit_time_ms({CommitInfo{json}}); };
  EXPECT_EQ(time(R"({"timestamp":5})"), 5);
  EXPECT_EQ(time(R"({"timestamp":5,"inCommitTimestamp":6})"), 6);
  EXPECT_EQ(time(R"({"timestamp":"today"})"), std::nullopt);
}

TEST(PathEscapes, EveryByteSurvives) {
  std::string all;
  for (int c = 1; c < 256; ++c)
    all += static_cast<char>(c);
  EXPECT_EQ(uri_decode(uri_encode(all)), all);
  EXPECT_EQ(uri_encode("a b/c=d+%e.parquet"), "a%20b/c=d%2B%25e.parquet");
  EXPECT_EQ(uri_decode("a%2Fb+c%20d%"), "a/b+c d%");
  EXPECT_EQ(uri_decode("100%.parquet%zz"), "100%.parquet%zz");
}

TEST(PathEscapes, PartitionDirectoriesAreHives) {
  EXPECT_EQ(partition_directory({"b", "a"}, {{"a", "x/y:z"}, {"b", std::nullopt}}),
            "b=__HIVE_DEFAULT_PARTITION__/a=x%2Fy%3Az/");
  EXPECT_EQ(partition_directory({}, {}), "");
  EXPECT_EQ(hive_escape("\x01 ü\"#%'*/:=?\\\x7f{[]^"),
            "%01 ü%22%23%25%27%2A%2F%3A%3D%3F%5C%7F%7B%5B%5D%5E");
}

}  // namespace
}  // namespace pond::delta
