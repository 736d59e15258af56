"""A district beyond what one plan can join is refused in a sentence, not by running out of memory."""

from __future__ import annotations

from optimizer.cli import main
from optimizer.distances import MOST_PLACES


def test_too_many_places(tmp_path, capsys):
    folder = tmp_path / "huge"
    folder.mkdir()
    (folder / "scenario.toml").write_text(
        'name = "huge"\nstart = 2025-03-03\ndays = 1\n[roads]\ndetour = 1.3\n', encoding="utf-8"
    )
    rows = "\n".join(f"S{i},117.0,36.8,topsoil,1,t" for i in range(MOST_PLACES + 1))
    (folder / "supplies.csv").write_text(f"supply,lon,lat,material,quantity,unit\n{rows}\n", encoding="utf-8")
    assert main(["plan", str(folder), "-o", str(tmp_path / "out"), "--quiet"]) == 2
    assert "12,001 places are more than the 12,000 that one plan can join" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
