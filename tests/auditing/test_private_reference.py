from __future__ import annotations

import json
import stat
import struct

import numpy as np
import pandas as pd
import pytest
from safetensors.numpy import load

import auditkit as ak
from auditkit.auditing.aggregates import RARE, _left_out, _often
from auditkit.data import ArraySamples, Dataset
from auditkit.errors import DataError, SampleSizeError
from auditkit.results import MIN_CELL

SERVED = {
    "frechet_distance",
    "duplicate_share",
    "missing_classes",
    "mode_coverage",
    "representation_gap",
    "missing_groups",
    "label_rate_gap",
    "bias_amplification",
    "differential_fairness_amplification",
    "joint_drift",
    "validity",
}


@pytest.fixture(scope="module")
def place(sets, tmp_path_factory):
    path = tmp_path_factory.mktemp("private") / "ref.safetensors"
    ak.build_reference(real=sets["real"], holdout=sets["holdout"], path=path, private=True)
    return path


@pytest.fixture(scope="module")
def against(place, sets):
    return ak.audit(real=ak.open_reference(place), synthetic=sets["synthetic"], seed=0)


@pytest.fixture(scope="module")
def expected(place, sets):
    """The same with the real data and the embedder of the reference."""
    return ak.audit(**sets, embedder=ak.open_reference(place).embedder.name, seed=0)


def spied(n: int, seed: int = 0) -> Dataset:
    """Records that each carry marks found nowhere else: in text, names, numbers, dates, rare levels."""
    rng = np.random.default_rng(seed)
    order = rng.permutation(n)
    frame = pd.DataFrame(
        {
            "person_id": [f"canary-id-{number}" for number in order],
            "note": [f"the canary number {number} sang this" for number in order],
            "code": 7_000_001 + order,
            "pay": rng.lognormal(3, 1, n),
            "tiny": rng.random(n) * 1e-3,
            "born": pd.Timestamp("1950-01-01") + pd.to_timedelta(rng.permutation(n * 100)[:n], unit="min"),
            "street": [f"canary-street-{number // 2}" for number in order],
            "town": [f"canary-town-{number}" if number < 4 else ["Bern", "Basel"][number % 2] for number in order],
            "sect": [f"canary-sect-{number}" if number < 3 else ["north", "south"][number % 2] for number in order],
            "flag": "canary-everywhere",
            "ill": ["canary-disease" if number < 2 else ["yes", "no"][number % 2] for number in order],
        }
    )
    frame.loc[0, "pay"] = np.nan
    kinds = {"person_id": "id", "note": "text", "street": "category", "code": "integer"}
    return Dataset.of_table(frame, label="ill", groups=["sect"], columns=kinds, source="spied.csv")


def test_no_mark_of_a_single_record_is_in_the_file(tmp_path):
    real, holdout = spied(400), spied(200, 1)
    ak.build_reference(real=real, holdout=holdout, path=tmp_path / "ref", private=True)
    content = (tmp_path / "ref").read_bytes()
    assert b"canary" not in content
    for data in (real, holdout):
        for name in ("code", "pay", "tiny", "born"):
            numbers = data.table[name].dropna()
            if name == "born":
                numbers = numbers.astype("datetime64[us]").astype(np.int64) / 1e6
            for number in numbers.astype(float):
                for form in ("<d", "<f"):
                    assert struct.pack(form, number) not in content
                assert repr(number).encode() not in content
                assert not number.is_integer() or struct.pack("<q", int(number)) not in content
                assert not number.is_integer() or str(int(number)).encode() not in content
        assert data.hash.encode() not in content


def test_no_feature_of_a_record_is_in_the_file(sets, place):
    reference, content = ak.open_reference(place), place.read_bytes()
    for role in ("real", "holdout"):
        features = reference.embedder.transform(sets[role])
        rows = [row.tobytes() for row in features] + [row.astype(np.float64).tobytes() for row in features]
        assert not any(row in content for row in rows)


def test_no_array_has_a_row_per_unit(place):
    shapes = [array.shape for array in load(place.read_bytes()).values()]
    assert max(max(shape) for shape in shapes) < 250


def test_the_file_is_no_secret_and_the_same_for_the_same_data(sets, place, tmp_path):
    ak.build_reference(real=sets["real"], holdout=sets["holdout"], path=tmp_path / "again", private=True)
    assert (tmp_path / "again").read_bytes() == place.read_bytes()
    ak.open_reference(place).save(tmp_path / "third")
    assert (tmp_path / "third").read_bytes() == place.read_bytes()
    assert stat.S_IMODE(place.stat().st_mode) & 0o444 != 0


def test_it_says_that_it_is_private(place):
    assert repr(ak.open_reference(place)) == "Reference('train.csv', tabular, 500 real, 250 holdout, private)"


def test_metrics_of_moments_and_counts_are_served_and_the_others_are_not(against):
    served = {score.metric for score in against.scores if score.status == "ok"}
    assert served == SERVED
    lacking = [score for score in against.scores if score.metric not in SERVED]
    assert {score.status for score in lacking} == {"insufficient"}
    assert all("a private reference keeps none" in score.reason for score in lacking)


def _is_crossed(where):
    return {"sex", "region"} <= {*where} or " and " in where.get("attribute", "")


@pytest.mark.parametrize("name", sorted(SERVED - {"frechet_distance", "validity"}))
def test_counts_give_the_scores_that_the_real_data_give(against, expected, name):
    found, wanted = against.scores[name], expected.scores[name]
    assert found.value == wanted.value
    if name == "mode_coverage":  # blocks of real units cannot be left out of counts: its limits are cautious ones
        assert found.low <= wanted.low <= wanted.high <= found.high
    else:
        assert (found.low, found.high) == (wanted.low, wanted.high)
    assert found.yardstick == wanted.yardstick
    # Intersections of groups it does not keep.
    parts = {str(part.where): part.value for part in expected.scores.parts(name) if not _is_crossed(part.where)}
    assert {str(part.where): part.value for part in against.scores.parts(name)} == (
        {} if name == "duplicate_share" else parts
    )


def test_moments_give_the_distance_that_the_real_data_give(against, expected):
    found, wanted = against.scores["frechet_distance"], expected.scores["frechet_distance"]
    assert found.value == pytest.approx(wanted.value, rel=1e-5)
    assert found.yardstick == pytest.approx(wanted.yardstick, rel=1e-5)
    assert [found.low, found.high] == pytest.approx([wanted.low, wanted.high], abs=0.1 * (wanted.high - wanted.low))
    # Both judge on 250 of the 330 synthetic rows, which are other ones.
    assert found.excess.value == pytest.approx(wanted.excess.value, rel=0.2)
    assert found.embedder.startswith("mixed[grid=100,blur=3]#")


def test_its_own_real_data_are_good_and_shifted_ones_are_not(place, make_set):
    reference = ak.open_reference(place)
    config = {"metrics": ["frechet_distance", "mode_coverage"]}
    fresh, shifted = (
        ak.audit(real=reference, synthetic=make_set(250, 9, shift=shift), **config) for shift in (0.0, 1.0)
    )
    assert fresh.scores["frechet_distance"].excess.low < 0.003
    assert shifted.scores["frechet_distance"].excess.low > 0.02


def test_gates_that_cannot_be_served_are_not_green(against):
    verdict = against.check()
    measured = {result.gate: result.verdict for result in verdict.results}
    lost = {name for name, found in measured.items() if found == "error"}
    assert lost >= {"copies", "partial-copies", "leaked-text", "closer-to-train", "realism", "variety", "detectable"}
    # Also what is told by the cells: a gate that has none is not one that does not apply.
    assert lost >= {"shapes", "levels", "pairs", "correlations"}
    assert measured["possible-records"] == "pass"
    # No gate fails beyond doubt on these few rows, and what could not be measured is no pass.
    assert [result.gate for result in verdict.failed if result.level == "error"] == []
    assert verdict.exit_code == 3


def test_what_is_not_served_is_known_beforehand(place):
    reasons = ak.open_reference(place).unserved(["kernel_distance", "ablation_difference", "ablation_transfer"])
    assert not SERVED & set(reasons)
    assert {"precision", "coverage", "copy_excess", "classifier_two_sample", "kernel_distance"} <= set(reasons)
    assert "trains models" in reasons["ablation_difference"]
    assert reasons["ablation_transfer"] == reasons["ablation_difference"]


def test_yardsticks_are_kept_for_further_metrics_that_are_named(sets):
    bare, asked = (
        ak.build_reference(real=sets["real"], holdout=sets["holdout"], private=True, metrics=metrics)
        for metrics in ((), ("reverse_kl", "coverage", "ablation_difference"))
    )
    assert "no yardstick is kept" in bare.unserved(["reverse_kl"])["reverse_kl"]
    assert "reverse_kl" not in asked.unserved(["reverse_kl"])
    scores = [
        ak.audit(real=reference, synthetic=sets["synthetic"], metrics=["reverse_kl"]).scores["reverse_kl"]
        for reference in (bare, asked)
    ]
    assert (scores[0].status, scores[0].excess) == ("degraded", None)
    assert "keeps no yardstick for it" in scores[0].reason
    expected = ak.audit(**sets, metrics=["reverse_kl"]).scores["reverse_kl"]
    assert (scores[1].value, scores[1].yardstick) == (expected.value, expected.yardstick)


def test_evidence_per_sample_says_why_it_is_missing(against, sets):
    assert against.samples["duplicate_cluster"].notna().sum() == 40
    assert "work: a level" not in "".join(against.samples["violations"])
    assert against.about["sample_reasons"]["copy"] == (
        "the real set is known by aggregates only, and this needs its records."
    )
    assert {exhibit.kind for exhibit in against.exhibits} == {"occupancy"}
    assert any("known by aggregates only" in note for note in against.about["notes"])
    assert len(ak.filter(sets["synthetic"], against).kept) > 200


def test_an_audit_of_aggregates_is_saved_and_told_like_any(against, tmp_path):
    against.save(tmp_path / "audit")
    assert "precision" in (against.report(tmp_path / "page.html")).read_text(encoding="utf-8")
    assert len(ak.open_audit(tmp_path / "audit").scores) == len(against.scores)


def test_sizes_are_those_of_the_largest_yardstick_that_fits(place, make_set):
    reference = ak.open_reference(place)
    assert reference.aggregates.sizes == [250, 125, 62, 31]
    for n, size in ((400, 250), (250, 250), (130, 125), (40, 31)):
        audit = ak.audit(real=reference, synthetic=make_set(n, 5), metrics=["frechet_distance"])
        assert audit.scores["frechet_distance"].excess.n == (500, size)
    with_few = ak.audit(real=reference, synthetic=make_set(20, 5), metrics=["frechet_distance"])
    assert with_few.scores["frechet_distance"].status == "degraded"
    assert any("smaller than the smallest yardstick" in note for note in with_few.about["notes"])


def test_rare_levels_are_one_level_for_all_counts(tmp_path, make_set):
    def with_rare(n, seed, level):
        made = make_set(n, seed)
        frame = made.table.copy()
        frame.loc[:3, "region"] = level
        return Dataset.of_table(frame, label="good", groups=["sex", "region"], columns={"note": "text"})

    real = with_rare(500, 1, "canary-reef")
    ak.build_reference(real=real, holdout=with_rare(250, 2, "atoll"), path=tmp_path / "ref", private=True)
    assert b"canary" not in (tmp_path / "ref").read_bytes()
    reference = ak.open_reference(tmp_path / "ref")
    assert RARE in reference.aggregates.occupancy.group_levels["region"]
    counts = reference.aggregates.occupancy.groups["region"]
    assert counts.sum() == 500
    assert counts.min() >= MIN_CELL
    audit = ak.audit(real=reference, synthetic=with_rare(300, 3, "volcano"))
    assert audit.scores["representation_gap"].at(region=RARE).value is not None
    assert any("count as one" in note for note in audit.about["notes"])
    assert not any("region" in text for text in audit.samples["violations"])


def test_new_levels_are_told_apart_where_none_are_rare(place, make_set):
    made = make_set(300, 8)
    frame = made.table.assign(region=made.table["region"].where(np.arange(300) % 10 > 0, "moon"))
    synthetic = Dataset.of_table(frame, label="good", groups=["sex", "region"], columns={"note": "text"})
    audit = ak.audit(real=ak.open_reference(place), synthetic=synthetic)
    assert audit.scores["representation_gap"].at(region="moon").value == pytest.approx(0.1)
    assert sum("region: a level" in text for text in audit.samples["violations"]) == 30


@pytest.mark.parametrize(
    ("counts", "kept"),
    [
        ({"a": 50, "b": 20, "c": 5}, ("a", "b", "c")),
        ({"a": 50, "b": 20, "c": 3, "d": 2}, ("a", "b", RARE)),
        ({"a": 50, "b": 20, "c": 3}, ("a", RARE)),
        ({"a": 4, "b": 3}, (RARE,)),
    ],
)
def test_levels_are_pooled_until_their_number_tells_nothing(counts, kept):
    values = np.array([level for level, n in counts.items() for _ in range(n)], object)
    assert _often(values) == kept


@pytest.mark.parametrize(
    ("table", "rows"),
    [
        ([[20, 30], [9, 8], [40, 50]], [False, False, False]),
        ([[20, 30], [9, 2], [40, 50]], [True, True, False]),
        ([[20, 30], [9, 2], [8, 4]], [False, True, True]),
        ([[20, 0], [9, 0], [0, 5]], [False, False, False]),
        ([[3, 1], [1, 1]], [True, True]),
    ],
)
def test_groups_with_a_small_cell_are_left_out_with_a_second_one(table, rows):
    assert _left_out(np.array(table)).tolist() == rows


def test_rates_that_are_not_kept_say_so(make_set):
    def lopsided(n, seed):
        frame = make_set(n, seed).table.copy()
        islands = np.flatnonzero(frame["region"] == "islands")
        frame.loc[islands, "good"] = "no"
        frame.loc[islands[:2], "good"] = "yes"
        return Dataset.of_table(frame, label="good", groups=["sex", "region"], columns={"note": "text"})

    reference = ak.build_reference(real=lopsided(500, 1), holdout=lopsided(250, 2), private=True)
    assert reference.aggregates.withheld["region"] == ("islands", "south")
    scores = ak.audit(real=reference, synthetic=lopsided(300, 3), metrics=["label_rate_gap"]).scores
    hidden = scores.get("label_rate_gap", {"region": "islands", "class": "yes"})
    assert hidden.estimate is None
    assert "rates are not kept" in hidden.reason
    assert scores.get("label_rate_gap", {"region": "north", "class": "yes"}).value is not None


def test_moments_do_not_tell_how_many_records_share_two_levels(sets, place):
    arrays = load(place.read_bytes())
    width = arrays["embedder.directions"].shape[0]
    n_known = (
        arrays["aggregates.mean"].size
        + arrays["aggregates.scatter"].shape[0] * (arrays["aggregates.scatter"].shape[0] + 1) / 2
    )
    assert n_known < width * (width + 1) / 2 / 3
    assert arrays["aggregates.scatter"].dtype == np.float32
    assert (
        width
        == ak.features.create_embedder("mixed", modality="tabular")
        .fit(sets["real"], seed=0)
        .transform(sets["real"])
        .shape[1]
    )


def test_without_a_holdout_there_is_a_value_and_nothing_to_compare_it_with(sets):
    reference = ak.build_reference(real=sets["real"], private=True)
    assert "without a holdout" in reference.unserved()["frechet_distance"]
    scores = ak.audit(real=reference, synthetic=sets["synthetic"]).scores
    assert scores["frechet_distance"].value is not None
    assert (scores["frechet_distance"].status, scores["frechet_distance"].excess) == ("degraded", None)
    assert "built without a holdout" in scores["frechet_distance"].reason
    assert scores["missing_groups"].value == 0


def pictures(n: int, seed: int) -> Dataset:
    rng = np.random.default_rng(seed)
    bright = rng.random(n) < 0.5
    pixels = rng.integers(0, 90, (n, 8, 8, 1)) + np.where(bright, 120, 0)[:, None, None, None]
    frame = pd.DataFrame({"kind": np.where(bright, "bright", "dark")})
    return Dataset.of_table(frame, label="kind", samples=ArraySamples(pixels.astype(np.uint8)), source="pictures")


def test_images_are_served_too_and_none_is_in_the_file(tmp_path):
    real, holdout, synthetic = pictures(300, 0), pictures(150, 1), pictures(200, 2)
    ak.build_reference(real=real, holdout=holdout, path=tmp_path / "ref", private=True)
    content = (tmp_path / "ref").read_bytes()
    assert not any(image.tobytes() in content for image in real.arrays())
    reference = ak.open_reference(tmp_path / "ref")
    found = ak.audit(real=reference, synthetic=synthetic, metrics=["frechet_distance", "mode_coverage"])
    wanted = ak.audit(
        real=real, holdout=holdout, synthetic=synthetic, metrics=["frechet_distance"], embedder=reference.embedder.name
    )
    assert found.scores["frechet_distance"].value == pytest.approx(wanted.scores["frechet_distance"].value, rel=1e-4)
    assert found.scores["mode_coverage"].value == 1.0


def test_what_cannot_be_private_is_refused(sets, make_set, monkeypatch):
    visits = pd.DataFrame({"who": np.repeat(np.arange(50), 2), "pulse": np.arange(100.0)})
    with pytest.raises(DataError, match="one row per unit, and these data have a key"):
        ak.build_reference(real=Dataset.of_table(visits, key="who"), private=True)
    with pytest.raises(SampleSizeError, match="at least 30 units in each set, got 500 in real, 12 in holdout"):
        ak.build_reference(real=sets["real"], holdout=make_set(12, 3), private=True)
    monkeypatch.setattr("auditkit.features.tabular.MixedEmbedder.coarse", lambda _: None)
    with pytest.raises(DataError, match="has no form that tells of no single record"):
        ak.build_reference(real=sets["real"], private=True)


def test_another_embedder_is_refused_with_the_name_of_the_coarse_one(place, sets):
    with pytest.raises(DataError, match=r"features of embedder 'mixed\[grid=100,blur=3\]', not of 'mixed'"):
        ak.audit(real=ak.open_reference(place), synthetic=sets["synthetic"], embedder="mixed")


def test_the_description_is_plain_json(place):
    content = place.read_bytes()
    header = json.loads(content[8 : 8 + int.from_bytes(content[:8], "little")])
    plain = json.loads(header["__metadata__"]["auditkit.reference"])
    assert plain["private"] is True
    assert {item["metric"] for item in plain["aggregates"]["yardsticks"]} == {
        "frechet_distance",
        "duplicate_share",
        "mode_coverage",
        "joint_drift",
        "validity",
    }
    assert all(column["minimum"] is None for column in plain["schema"]["columns"])
