"""Where buildings stand: lots of a settlement, and their outlines."""

import numpy as np
import shapely
from numpy.random import Generator

from lianfang.drill.core.chance import Array, Floats


def lots(chance: Generator, cell: shapely.Geometry, number: int) -> Floats:
    """Choose places for `number` buildings in a cell: the lots of a turned street lattice nearest to its inner point.

    Returns
    -------
    array of float, shape (number, 4)
        x, y in metres, the lattice's turn in radians and the spacing of its lots in metres: 60 where the cell has room.
    """
    middle = shapely.get_coordinates(shapely.point_on_surface(cell))[0]
    turn = chance.random() * np.pi / 2
    turned = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    spacing = 60.0
    while True:
        side = int(np.ceil(np.sqrt(number * 4))) + 6
        steps = (np.arange(side) - side // 2) * spacing
        grid = np.stack(np.meshgrid(steps, steps), axis=-1).reshape(-1, 2)
        # Streets: every fourth row of lots stays empty, and gardens take a few more.
        built = (np.round(grid[:, 1] / spacing).astype(int) % 4 != 0) & (chance.random(len(grid)) < 0.85)
        grid = (
            grid[built][np.argsort(np.linalg.norm(grid[built] * [0.8, 1.0], axis=1), kind="stable")] @ turned + middle
        )
        free = grid[shapely.contains_xy(cell, grid[:, 0], grid[:, 1])][:number]
        if len(free) == number or spacing < 2:
            break
        spacing *= 0.8
    if len(free) < number:
        free = np.concatenate([free, np.tile(middle, (number - len(free), 1))])
    return np.column_stack([free, np.full(number, turn), np.full(number, spacing)])


def footprints(lot: Floats, width: Floats, depth: Floats) -> Array:
    """Draw a turned rectangle on each lot, kept within it.

    Parameters
    ----------
    lot : array, shape (n, 4)
        As from `lots`.
    width, depth : array, shape (n,)
        Metres.

    Returns
    -------
    array of shapely polygon, shape (n,)
    """
    half = np.stack([np.minimum(width, lot[:, 3] * 0.85), np.minimum(depth, lot[:, 3] * 0.7)], axis=1) / 2
    corners = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1], [-1, -1]])[None] * half[:, None]
    cos, sin = np.cos(lot[:, 2])[:, None], np.sin(lot[:, 2])[:, None]
    x = corners[..., 0] * cos - corners[..., 1] * sin + lot[:, :1]
    y = corners[..., 0] * sin + corners[..., 1] * cos + lot[:, 1:2]
    polygons: Array = shapely.polygons(np.stack([x, y], axis=-1))
    return polygons
