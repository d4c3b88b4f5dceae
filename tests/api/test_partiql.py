"""PartiQL as programs use it: a music shop's table read and written by statements, in batches and in transactions."""

import pytest
from botocore.exceptions import ClientError

from .builders import column, condition_failed, filled, index, plain, refused, table_of, typed

SONGS = [
    {"Artist": "Acme Band", "Song": "Happy Day", "Album": "Songs About Life", "Year": 2015, "Awards": {"Grammy"}},
    {"Artist": "Acme Band", "Song": "PartiQL Rocks", "Album": "Another Album", "Year": 2018},
    {"Artist": "No One You Know", "Song": "Call Me Today", "Album": "Somewhat Famous", "Year": 2009},
    {"Artist": "No One You Know", "Song": "Howdy", "Album": "Critical Acclaim", "Year": 2012, "Cover": b"\x00\xff"},
]


@pytest.fixture
def music(resource, client):
    """A client beside the table Music, with an index by album that holds keys alone."""
    request = table_of("Music", "Artist", "Song", gsis=[index("ByAlbum", "Album", projection="KEYS_ONLY")])
    filled(resource, request, SONGS)
    return client


def rows(client, statement, *values, **parameters):
    """The items of one page, as Python values."""
    given = {"Parameters": list(typed(dict(enumerate(values))).values())} if values else {}
    return [plain(item) for item in client.execute_statement(Statement=statement, **given, **parameters)["Items"]]


def song(client, artist, title):
    items = rows(client, "SELECT * FROM Music WHERE Artist = ? AND Song = ?", artist, title)
    return items[0] if items else None


# --- Reading --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("clause", "titles"),
    [
        ("WHERE Artist = 'Acme Band'", ["Happy Day", "PartiQL Rocks"]),
        ("WHERE Artist = 'Acme Band' ORDER BY Song DESC", ["PartiQL Rocks", "Happy Day"]),
        ("WHERE Artist = 'Acme Band' AND begins_with(Song, 'Happy')", ["Happy Day"]),
        ("WHERE Artist = 'No One You Know' AND \"Year\" BETWEEN 2010 AND 2020", ["Howdy"]),
        ("WHERE Artist IN ['No One You Know', 'Acme Band'] AND Song < 'D'", ["Call Me Today"]),
        ("WHERE Artist = 'Acme Band' AND contains(Awards, 'Grammy')", ["Happy Day"]),
        ("WHERE Artist = 'Acme Band' AND Awards IS MISSING", ["PartiQL Rocks"]),
        ("WHERE Cover IS NOT MISSING", ["Howdy"]),
        ('WHERE size(Album) > 15 AND "Year" > 2013', ["Happy Day"]),
    ],
)
def test_a_select_returns_the_songs_that_its_clause_describes(music, clause, titles):
    assert column(rows(music, f"SELECT Song FROM Music {clause}"), "Song") == titles


def test_values_of_every_kind_arrive_as_they_were_stored(music):
    assert song(music, "Acme Band", "Happy Day") == SONGS[0]
    assert song(music, "No One You Know", "Howdy") == SONGS[3]


def test_an_index_is_read_by_its_own_key(music):
    found = rows(music, 'SELECT * FROM "Music"."ByAlbum" WHERE Album = ?', "Another Album")
    assert found == [{"Artist": "Acme Band", "Song": "PartiQL Rocks", "Album": "Another Album"}]


def test_an_index_of_keys_refuses_other_attributes(music):
    text = "One or more parameter values were invalid: Global secondary index ByAlbum does not project [Year]"
    with refused(text):
        rows(music, 'SELECT "Year" FROM "Music"."ByAlbum" WHERE Album = ?', "Another Album")


def test_pages_follow_each_other_by_their_tokens(music):
    request = {"Statement": "SELECT Song FROM Music", "Limit": 3}
    first = music.execute_statement(**request)
    second = music.execute_statement(**request, NextToken=first["NextToken"])
    titles = [item["Song"]["S"] for item in (*first["Items"], *second["Items"])]
    assert sorted(titles) == sorted(column(SONGS, "Song"))
    assert set(first["LastEvaluatedKey"]) == {"Artist", "Song"}


def test_a_query_costs_less_than_a_scan(music):
    def units(statement):
        answer = music.execute_statement(Statement=statement, ReturnConsumedCapacity="TOTAL")
        return answer["ConsumedCapacity"]["CapacityUnits"]

    assert units("SELECT * FROM Music WHERE Artist = 'Acme Band'") < units('SELECT * FROM Music WHERE "Year" = 2015')


# --- Writing --------------------------------------------------------------------------------------


def test_an_inserted_song_is_there_and_cannot_be_inserted_again(music):
    statement = "INSERT INTO Music VALUE {'Artist': 'New', 'Song': 'One', 'Cover': ?, 'Tags': <<'a', 'b'>>}"
    assert rows(music, statement, b"\x01") == []
    assert song(music, "New", "One") == {"Artist": "New", "Song": "One", "Cover": b"\x01", "Tags": {"a", "b"}}
    with refused("Duplicate primary key exists in table", "DuplicateItemException"):
        rows(music, statement, b"\x02")


def test_an_update_returns_what_it_changed(music):
    statement = """
        UPDATE Music SET "Year" = "Year" + 1 SET Awards = set_add(Awards, <<'Billboard'>>)
        WHERE Artist = 'Acme Band' AND Song = 'Happy Day' RETURNING MODIFIED NEW *
    """
    assert rows(music, statement) == [{"Year": 2016, "Awards": {"Grammy", "Billboard"}}]


def test_an_update_never_creates(music):
    with condition_failed():
        rows(music, "UPDATE Music SET \"Year\" = 1 WHERE Artist = 'Nobody' AND Song = 'Nothing'")
    assert song(music, "Nobody", "Nothing") is None


def test_a_failed_condition_shows_the_item_that_is_there(music):
    with pytest.raises(ClientError) as caught:
        music.execute_statement(
            Statement="DELETE FROM Music WHERE Artist = 'Acme Band' AND Song = 'PartiQL Rocks' AND \"Year\" = 1",
            ReturnValuesOnConditionCheckFailure="ALL_OLD",
        )
    assert plain(caught.value.response["Item"]) == SONGS[1]


def test_a_deleted_song_is_returned_and_gone(music):
    statement = "DELETE FROM Music WHERE Artist = ? AND Song = ? RETURNING ALL OLD *"
    assert rows(music, statement, "Acme Band", "PartiQL Rocks") == [SONGS[1]]
    assert rows(music, statement, "Acme Band", "PartiQL Rocks") == []


def test_a_missing_table_is_not_found(client):
    with refused("Requested resource not found", "ResourceNotFoundException"):
        rows(client, "SELECT * FROM Nowhere")


# --- Batches --------------------------------------------------------------------------------------


def test_a_batch_answers_each_statement_by_itself(music):
    answer = music.batch_execute_statement(
        Statements=[
            {"Statement": "INSERT INTO Music VALUE {'Artist': 'New', 'Song': 'One'}"},
            {"Statement": "INSERT INTO Music VALUE {'Artist': 'Acme Band', 'Song': 'Happy Day'}"},
            {"Statement": "UPDATE Music SET x = 1 WHERE Artist = 'Acme Band'"},
        ]
    )
    codes = [member.get("Error", {}).get("Code") for member in answer["Responses"]]
    assert codes == [None, "DuplicateItem", "ValidationError"]


def test_a_batch_reads_items_by_their_keys(music):
    statement = {"Statement": 'SELECT "Year" FROM Music WHERE Artist = ? AND Song = ?'}
    members = [
        {**statement, "Parameters": [{"S": artist}, {"S": title}]}
        for artist, title in (("No One You Know", "Howdy"), ("Nobody", "Nothing"))
    ]
    responses = music.batch_execute_statement(Statements=members)["Responses"]
    assert responses == [{"TableName": "Music", "Item": {"Year": {"N": "2012"}}}, {"TableName": "Music"}]


# --- Transactions ---------------------------------------------------------------------------------


def test_a_transaction_writes_all_of_its_statements(music):
    music.execute_transaction(
        TransactStatements=[
            {"Statement": "EXISTS(SELECT * FROM Music WHERE Artist = 'New' AND Song = 'Two' AND Album IS MISSING)"},
            {"Statement": "INSERT INTO Music VALUE {'Artist': 'New', 'Song': 'One'}"},
            {"Statement": "DELETE FROM Music WHERE Artist = 'Acme Band' AND Song = 'Happy Day'"},
        ]
    )
    assert (song(music, "New", "One"), song(music, "Acme Band", "Happy Day")) == (
        {"Artist": "New", "Song": "One"},
        None,
    )


def test_a_transaction_that_is_cancelled_writes_nothing_and_says_why(music):
    with pytest.raises(ClientError) as caught:
        music.execute_transaction(
            TransactStatements=[
                {"Statement": "DELETE FROM Music WHERE Artist = 'Acme Band' AND Song = 'Happy Day'"},
                {
                    "Statement": "UPDATE Music SET x = 1 WHERE Artist = ? AND Song = ? AND attribute_exists(x)",
                    "Parameters": [{"S": "Acme Band"}, {"S": "PartiQL Rocks"}],
                    "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
                },
            ]
        )
    reasons = caught.value.response["CancellationReasons"]
    assert [reason["Code"] for reason in reasons] == ["None", "ConditionalCheckFailed"]
    assert plain(reasons[1]["Item"]) == SONGS[1]
    assert song(music, "Acme Band", "Happy Day") == SONGS[0]


def test_a_transaction_reads_items_of_one_moment(music):
    statement = "SELECT Album FROM Music WHERE Artist = ? AND Song = ?"
    answer = music.execute_transaction(
        TransactStatements=[
            {"Statement": statement, "Parameters": [{"S": "Acme Band"}, {"S": "Happy Day"}]},
            {"Statement": statement, "Parameters": [{"S": "Nobody"}, {"S": "Nothing"}]},
        ]
    )
    assert answer["Responses"] == [{"Item": {"Album": {"S": "Songs About Life"}}}, {}]
