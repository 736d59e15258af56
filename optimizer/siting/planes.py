"""What each relaxation proves of every other choice: its duals make a plane below the goal, whatever is opened."""

from __future__ import annotations

import numpy as np
from scipy import sparse

from optimizer.scenario import Bools, Floats

SHORT = 1e-7  # of a whole: what a set lacks when it is excluded
MOST = 300  # planes kept; the oldest give way


class Planes:
    """Planes below the goal as a function of the switches y and the options z: value ≥ constant + of_y · y + of_z · z.

    A relaxation's duals stay feasible when bounds of y and z change, so its value there moves by its reduced costs at
    least (docs/maths.md, "Siting").
    """

    def __init__(self, switches: sparse.csr_array):
        """No planes yet.

        Args:
            switches: (B, P) which options each switch holds.
        """
        self._switches = switches
        self._constant = np.zeros(0)
        self._of_y = np.zeros((0, switches.shape[0]))
        self._of_options = np.zeros((0, switches.shape[1]))
        self._anywhere = np.zeros(0)  # the constant where z is free
        self._needed = np.zeros(0)
        self._of_needed = np.zeros((0, switches.shape[1]))

    def __len__(self) -> int:
        return len(self._constant)

    def add(self, value: float, y: Floats, z: Floats, of_y: Floats, of_z: Floats) -> None:
        """A relaxation's value, its point, and the reduced costs there; 0 for an option that is its own switch."""
        constant = value - of_y @ y - of_z @ z
        self._constant = np.append(self._constant, constant)[-MOST:]
        self._anywhere = np.append(self._anywhere, constant + np.minimum(of_z, 0.0).sum())[-MOST:]
        self._of_y = np.vstack([self._of_y, of_y])[-MOST:]
        self._of_options = np.vstack([self._of_options, self._switches.T @ of_y + of_z])[-MOST:]

    def exclude(self, constant: float, of_y: Floats, of_z: Floats) -> None:
        """Only sets with constant + of_y · y + of_z · z ≥ 0 can be carried out."""
        gains = self._switches.T @ of_y + of_z
        size = max(np.abs(gains).max(), abs(constant))
        self._needed = np.append(self._needed, constant / size)[-MOST:]
        self._of_needed = np.vstack([self._of_needed, gains / size])[-MOST:]

    def least(self, lower: Floats, upper: Floats) -> float:
        """The goal is nowhere below this while the switches keep these bounds."""
        below = self._anywhere + np.where(self._of_y > 0, self._of_y * lower, self._of_y * upper).sum(axis=1)
        return float(below.max(initial=-np.inf))

    def exchanged(self, chosen: Bools) -> Floats:
        """The goal is not below this after an exchange: a row for each option of the set that is taken out, a column
        for each other one that is put in, none as the last of both. Infinite where it is known to be impossible."""
        below = _highest(self._constant, self._of_options, chosen)
        below[_highest(-self._needed, -self._of_needed, chosen) > SHORT] = np.inf
        return below


def _highest(constant: Floats, of_options: Floats, chosen: Bools) -> Floats:
    """The highest plane after every exchange."""
    stay = constant + of_options[:, chosen].sum(axis=1)
    without = np.column_stack([stay[:, None] - of_options[:, chosen], stay])
    into = np.column_stack([of_options[:, ~chosen], np.zeros(len(stay))])
    found = np.full((without.shape[1], into.shape[1]), -np.inf)
    for row, values in zip(found, without.T, strict=True):
        np.max(values[:, None] + into, axis=0, out=row, initial=-np.inf)
    return found
