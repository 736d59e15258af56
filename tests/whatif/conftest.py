from __future__ import annotations

import textwrap

import pytest


@pytest.fixture
def patch(tmp_path):
    """Writes a variant from indented TOML and gives its path as text."""

    def write(name: str, text: str) -> str:
        path = tmp_path / f"{name}.toml"
        path.write_text(textwrap.dedent(text), encoding="utf-8")
        return str(path)

    return write


@pytest.fixture
def two_pits(week):
    """Pits A and B of 100 t; fill D of 150 t; yard Y closed; away at O."""
    return week(
        '[objective]\norder = ["unserved", "offsite", "haul"]\n',
        supplies="""
            supply,material,quantity,unit,from,to,street
            A,spoil_silty_clay,100,t,2025-03-03,2025-03-03,East
            B,spoil_silty_clay,100,t,2025-03-03,2025-03-03,West
            """,
        demands="""
            demand,accepts,quantity,unit
            D,spoil_silty_clay,150,t
            """,
        facilities="""
            facility,kind,accepts,daily_in,daily_out,storage,status
            O,offsite,*,,,,open
            Y,yard,*,500,500,500,closed
            """,
        distances="""
            from,to,km
            A,D,2
            B,D,3
            A,O,10
            B,O,10
            A,Y,1
            B,Y,1
            Y,D,1
            """,
    )
