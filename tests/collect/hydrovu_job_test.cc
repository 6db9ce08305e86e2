// The collector against the local HydroVu server: real measurements over real HTTP.
#include <arrow/api.h>
#include <arrow/util/key_value_metadata.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <functional>
#include <nlohmann/json.hpp>

#include "pond/error.h"
#include "server_test_support.h"

namespace pond::collect_test {
namespace {

constexpr const char* kDeadRun = "usgs-01589330";   // two quantities, 9,216 rows
constexpr const char* kSligo = "usgs-01650800";     // seven quantities, the same times
constexpr const char* kPlumtree = "usgs-01581752";  // five quantities, 315,648 rows
constexpr const char* kSeries = "/hydrovu/DeadRun.series";
constexpr const char* kPatient = "give_up_after: 30s\n";

using Lines = std::vector<std::string>;

Error failure(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    return error;
  }
  return Error(ErrorCode::Io, "no error");
}

TEST(HydrovuJob, StoresEveryRowOfTheSource) {
  Server server({kDeadRun, kSligo}, {});
  Pond pond;
  const auto report = pond.collect(server, "");
  EXPECT_EQ(
      report.lines,
      (Lines{"/hydrovu/locations: 2 rows", "/hydrovu/parameters: 7 rows", "/hydrovu/units: 7 rows",
             "/hydrovu/DeadRun.series: 9216 new rows to 2019-06-02T03:55:00Z",
             "/hydrovu/SligoCreek.series: 9216 new rows to 2019-06-02T03:55:00Z"}));
  EXPECT_EQ(report.rows, 18432u);
  EXPECT_EQ(report.commits, 3u);
  EXPECT_EQ(difference(*pond.read(kSeries), *read_data_file(kDeadRun)), "");
  EXPECT_EQ(difference(*pond.read("/hydrovu/SligoCreek.series"), *read_data_file(kSligo)), "");
  EXPECT_EQ(pond.value("SELECT string_agg(name, ' ' ORDER BY id) FROM '/hydrovu/locations'"),
            "DeadRun SligoCreek");
  EXPECT_EQ(pond.value("SELECT latitude FROM '/hydrovu/locations' WHERE name = 'DeadRun'"),
            "39.311");
  EXPECT_EQ(pond.value("SELECT name FROM '/hydrovu/parameters' WHERE id = '17'"), "pH");
}

TEST(HydrovuJob, ThreeYearsTakeFewCommits) {
  Server server({kPlumtree}, {});
  Pond pond;
  const auto report = pond.collect(server, "locations: [{id: 1581752, name: Plumtree Run}]\n");
  EXPECT_EQ(report.lines.back(),
            "/hydrovu/Plumtree_Run.series: 315648 new rows to 2019-01-01T04:55:00Z");
  EXPECT_LE(report.commits, 30u);
  EXPECT_EQ(difference(*pond.read("/hydrovu/Plumtree_Run.series"), *read_data_file(kPlumtree)), "");
}

TEST(HydrovuJob, PagesOfOneQuantityEachAreJoinedOnTime) {
  Server server({kSligo}, {"--page-order", "quantity", "--page-size", "700"});
  Pond pond;
  pond.collect(server, "");
  EXPECT_EQ(difference(*pond.read("/hydrovu/SligoCreek.series"), *read_data_file(kSligo)), "");
}

TEST(HydrovuJob, DescribesColumnsAndLocationInTheSchema) {
  Server server({kDeadRun}, {});
  Pond pond;
  pond.collect(server, "");
  const auto schema = pond.file(kSeries).schema();
  ASSERT_NE(schema->metadata(), nullptr);
  const auto& metadata = *schema->metadata();
  EXPECT_EQ(metadata.Get("hydrovu.location_id").ValueOr(""), "1589330");
  EXPECT_EQ(metadata.Get("hydrovu.name").ValueOr(""), "DeadRun");
  EXPECT_EQ(metadata.Get("hydrovu.description").ValueOr(""),
            "USGS 01589330, Dead Run at Franklintown, Maryland");
  EXPECT_EQ(metadata.Get("hydrovu.latitude").ValueOr(""), "39.311");
  EXPECT_EQ(nlohmann::json::parse(metadata.Get("hydrovu.columns").ValueOr("")),
            nlohmann::json::parse(R"({
              "discharge.cfs": {"parameter_id": "1000", "parameter": "discharge",
                                "unit_id": "1001", "unit": "cfs"},
              "gage_height.ft": {"parameter_id": "3", "parameter": "gage_height",
                                 "unit_id": "38", "unit": "ft"}})"));
}

TEST(HydrovuJob, NothingNewMakesNoCommit) {
  Server server({kDeadRun}, {});
  Pond pond;
  pond.collect(server, "");
  const auto transaction = pond.transaction();
  const auto report = pond.collect(server, "");
  EXPECT_EQ(report.lines, Lines{"/hydrovu/DeadRun.series: nothing new"});
  EXPECT_EQ(report.commits, 0u);
  EXPECT_EQ(pond.transaction(), transaction);
}

TEST(HydrovuJob, ANewRunBringsOnlyWhatIsNew) {
  Server server({kDeadRun}, {"--until", "2019-05-20T00:00:00Z"});
  Pond pond;
  pond.collect(server, "");
  EXPECT_EQ(pond.value("SELECT max(timestamp)::VARCHAR LIKE '2019-05-20 00:00:00%' FROM '" +
                       std::string(kSeries) + "'"),
            "true");
  server.admin("until", {{"time", "2019-05-20T01:00:00Z"}});
  const auto before = server.stats()["data"];
  EXPECT_EQ(pond.collect(server, "").lines,
            Lines{"/hydrovu/DeadRun.series: 12 new rows to 2019-05-20T01:00:00Z"});
  EXPECT_EQ(server.stats()["data"], before + 1);
  server.admin("until", {{"time", "2030-01-01"}});
  pond.collect(server, "");
  EXPECT_EQ(difference(*pond.read(kSeries), *read_data_file(kDeadRun)), "");
}

TEST(HydrovuJob, ALimitStopsARunAndTheNextGoesOn) {
  Server server({kDeadRun}, {});
  Pond pond;
  EXPECT_EQ(pond.collect(server, "max_points_per_run: 4000\n").lines.back(),
            "/hydrovu/DeadRun.series: 4000 new rows to 2019-05-15T01:15:00Z, stopped by "
            "max_points_per_run");
  EXPECT_EQ(pond.collect(server, "max_points_per_run: 4000\n").rows, 4000u);
  EXPECT_EQ(pond.collect(server, "max_points_per_run: 4000\n").rows, 1216u);
  EXPECT_EQ(difference(*pond.read(kSeries), *read_data_file(kDeadRun)), "");
}

TEST(HydrovuJob, ARunThatFailsHalfwayKeepsWhatItCommitted) {
  Server server({kPlumtree}, {"--page-size", "500"});
  Pond pond;
  struct StopServer : Silence {
    Server* server = nullptr;
    void say(const std::string& words) override {
      if (words.find(" rows") != std::string::npos)
        server->admin("fault", {{"set", "503-every=1"}});
    }
  };
  StopServer stop;
  stop.server = &server;
  const Error error = failure([&] { pond.collect(server, "give_up_after: 1s\n", {}, &stop); });
  EXPECT_EQ(error.code(), ErrorCode::Remote);
  EXPECT_NE(std::string(error.what()).find("503 Service Unavailable"), std::string::npos);
  const std::string stored = pond.value("SELECT count(*) FROM '/hydrovu/PlumtreeRun.series'");
  EXPECT_GT(std::stoi(stored), 8'000);
  server.admin("fault", {{"set", ""}});
  EXPECT_EQ(pond.collect(server, "").rows, 315'648u - std::stoul(stored));
  EXPECT_EQ(difference(*pond.read("/hydrovu/PlumtreeRun.series"), *read_data_file(kPlumtree)), "");
}

TEST(HydrovuJob, ManySmallRunsAddUp) {
  Server server({kDeadRun}, {"--until", "2019-05-01T05:00:00Z"});
  Pond pond;
  pond.collect(server, "");
  for (int hour = 6; hour <= 23; ++hour) {
    const std::string time =
        "2019-05-01T" + std::string(hour < 10 ? "0" : "") + std::to_string(hour) + ":00:00Z";
    server.admin("until", {{"time", time}});
    EXPECT_EQ(pond.collect(server, "").lines,
              Lines{"/hydrovu/DeadRun.series: 12 new rows to " + time});
    EXPECT_EQ(pond.collect(server, "").commits, 0u);
  }
  EXPECT_EQ(difference(*pond.read(kSeries), *read_data_file(kDeadRun)->Slice(0, 229)), "");
}

TEST(HydrovuJob, RefusesANodeThatIsNoSeries) {
  Server server({kDeadRun}, {});
  Pond pond;
  tinyfs::Transaction transaction = pond.fs().begin();
  pond.fs().root().create_directories("/hydrovu");
  pond.fs().root().create_file(kSeries, tinyfs::Kind::Data).as_file().write("mine");
  transaction.commit();
  const Error error = failure([&] { pond.collect(server, ""); });
  EXPECT_STREQ(error.what(), "/hydrovu/DeadRun.series is not a stored series");
}

TEST(HydrovuJob, StartSaysWhereHistoryBegins) {
  Server server({kDeadRun}, {});
  Pond pond;
  EXPECT_EQ(pond.collect(server, "start: 2019-06-02T03:00:00Z\n").rows, 12u);
}

class HydrovuFault : public testing::TestWithParam<const char*> {};

TEST_P(HydrovuFault, ChangesNothingInWhatIsStored) {
  Server server({kSligo}, {"--page-size", "300", "--fault", GetParam()});
  Pond pond;
  pond.collect(server, kPatient);
  EXPECT_EQ(difference(*pond.read("/hydrovu/SligoCreek.series"), *read_data_file(kSligo)), "");
  EXPECT_EQ(pond.collect(server, kPatient).commits, 0u);
}

INSTANTIATE_TEST_SUITE_P(All, HydrovuFault,
                         testing::Values("429-every=3", "503-every=2", "truncate-every=10",
                                         "garble-every=10", "expire-every=4", "duplicate",
                                         "shuffle", "duplicate,shuffle,429-every=5,expire-every=7",
                                         "429-every=20,retry-after=1,retry-after-date"));

TEST(HydrovuJob, ExpiredTokensAreRenewed) {
  Server server({kDeadRun}, {"--token-lifetime", "0"});
  Pond pond;
  // A token that never works is refused once more, then it is an error.
  const Error error = failure([&] { pond.collect(server, kPatient); });
  EXPECT_NE(std::string(error.what()).find("401 Unauthorized"), std::string::npos) << error.what();
  EXPECT_EQ(server.stats()["token"], 1u);

  Server expiring({kDeadRun}, {"--fault", "expire-every=2", "--page-size", "1000"});
  pond.collect(expiring, kPatient);
  EXPECT_GT(expiring.stats()["token"], 3u);
}

TEST(HydrovuJob, AParameterThatAppearsMidHistoryIsANewColumn) {
  Server server({kDeadRun},
                {"--new-parameter-from", "2019-05-20", "gage_height.ft", "--until", "2019-05-10"});
  Pond pond;
  pond.collect(server, "");
  EXPECT_EQ(pond.file(kSeries).schema()->num_fields(), 2);
  server.admin("until", {{"time", "2030-01-01"}});
  pond.collect(server, "");
  EXPECT_EQ(pond.value("SELECT count(*) || ' ' || count(\"discharge.cfs\") || ' ' || "
                       "count(\"gage_height.ft\") FROM '/hydrovu/DeadRun.series'"),
            "9216 9216 3792");
  EXPECT_EQ(pond.value("SELECT min(epoch(timestamp))::BIGINT FROM '/hydrovu/DeadRun.series' WHERE "
                       "\"gage_height.ft\" IS NOT NULL"),
            "1558310400");
}

TEST(HydrovuJob, ReadingsThatComeLateAreStored) {
  Server server({kDeadRun}, {});
  server.admin("hide", {{"from", "2019-06-01T12:00:00Z"}, {"to", "2019-06-01T12:55:00Z"}});
  Pond pond;
  EXPECT_EQ(pond.collect(server, "").rows, 9204u);
  server.admin("hide", {});
  EXPECT_EQ(pond.collect(server, "").lines,
            Lines{"/hydrovu/DeadRun.series: 12 new rows to 2019-06-02T03:55:00Z"});
  EXPECT_EQ(difference(*pond.read(kSeries), *read_data_file(kDeadRun)), "");
}

TEST(HydrovuJob, SinceLooksBackFurtherThanLookback) {
  Server server({kDeadRun}, {});
  server.admin("hide", {{"from", "2019-05-10"}, {"to", "2019-05-11"}});
  Pond pond;
  pond.collect(server, "");
  server.admin("hide", {});
  EXPECT_EQ(pond.collect(server, "").rows, 0u);
  EXPECT_EQ(pond.collect(server, "", {"--since=2019-05-01"}).rows, 289u);
  EXPECT_EQ(difference(*pond.read(kSeries), *read_data_file(kDeadRun)), "");
}

TEST(HydrovuJob, AReadingOfTheFarFutureIsKeptAndDoesNotMoveTheResumePoint) {
  Server server({kDeadRun}, {"--until", "2019-05-20", "--fault", "future"});
  Pond pond;
  EXPECT_EQ(pond.collect(server, "").lines.back(),
            "/hydrovu/DeadRun.series: 5426 new rows to 2019-05-20T00:00:00Z");
  EXPECT_EQ(pond.value("SELECT max(epoch(timestamp))::BIGINT FROM '/hydrovu/DeadRun.series'"),
            "4070908800");
  EXPECT_EQ(pond.collect(server, "").commits, 0u);
  server.admin("until", {{"time", "2030-01-01"}});
  EXPECT_EQ(pond.collect(server, "").rows, 9216u - 5425u);
}

TEST(HydrovuJob, ChosenLocationsOnly) {
  Server server({kDeadRun, kSligo}, {});
  Pond pond;
  const std::string both = "locations: [{id: 1589330, name: Dead}, {id: 1650800}]\n";
  EXPECT_EQ(pond.collect(server, both, {"Dead"}).rows, 9216u);
  EXPECT_FALSE(pond.fs().root().find("/hydrovu/SligoCreek.series"));
  const Error error = failure([&] { pond.collect(server, both, {"Deat"}); });
  EXPECT_EQ(error.hint(), "did you mean Dead?");
}

TEST(HydrovuJob, AnUnknownLocationIsSaidAfterTheOthersAreCollected) {
  Server server({kDeadRun}, {});
  Pond pond;
  const Error error = failure([&] {
    pond.collect(server, "locations: [{id: 77, name: Nowhere}, {id: 1589330, name: DeadRun}]\n");
  });
  EXPECT_EQ(error.code(), ErrorCode::NotFound);
  EXPECT_STREQ(error.what(), "HydroVu shows no location 77 (Nowhere)");
  EXPECT_EQ(difference(*pond.read(kSeries), *read_data_file(kDeadRun)), "");
}

TEST(HydrovuJob, WrongSecretsAreAClearError) {
  Server server({kDeadRun}, {});
  Pond pond;
  setenv("HYDRO_KEY_VALUE", "not-the-secret", 1);
  const Error error = failure([&] { pond.collect(server, kPatient); });
  EXPECT_EQ(error.code(), ErrorCode::Remote);
  EXPECT_EQ(std::string(error.what()),
            "HydroVu refuses the credentials: POST " + server.url() +
                "/public-api/oauth/token: 401 Unauthorized: "
                R"({"error":"invalid_client","error_description":"Bad client credentials"})");
  EXPECT_EQ(error.hint(), "check HYDRO_KEY_ID and HYDRO_KEY_VALUE");
}

TEST(HydrovuJob, MissingSecretsAreNamed) {
  Server server({kDeadRun}, {});
  Pond pond;
  unsetenv("HYDRO_KEY_ID");
  const Error error = failure([&] { pond.collect(server, ""); });
  EXPECT_STREQ(error.what(), "environment variable substitution failed: HYDRO_KEY_ID is not set");
  EXPECT_EQ(server.stats()["token"], 0u);
}

TEST(HydrovuJob, AServerThatIsDownIsSaidInTime) {
  Server server({kDeadRun}, {});
  Pond pond;
  const auto transaction = pond.transaction();
  server.stop();
  const Error error = failure([&] { pond.collect(server, "give_up_after: 1s\n"); });
  EXPECT_EQ(error.code(), ErrorCode::Remote);
  EXPECT_TRUE(
      std::string(error.what()).starts_with("POST " + server.url() + "/public-api/oauth/token"))
      << error.what();
  EXPECT_EQ(pond.transaction(), transaction);
}

}  // namespace
}  // namespace pond::collect_test
