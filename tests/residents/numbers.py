"""What the tests of phone cells share: the blocks in use, and short ways to ask."""

from app.residents.rules.phones import read_cell

BLOCKS_IN_USE = [
    *map(str, range(130, 140)),
    *("145", "147", "150", "151", "152", "153", "155", "156", "157", "158", "159"),
    *("162", "165", "166", "167", "170", "171", "172", "173", "175", "176", "177", "178"),
    *map(str, range(180, 194)),
    *map(str, range(195, 200)),
]
BLOCKS_NOT_IN_USE = [
    *("100", "120", "140", "141", "142", "143", "144", "146", "148", "149", "154"),
    *("160", "163", "164", "168", "169", "179", "194"),
]


def phones(cell):
    return list(read_cell(cell).phones)


def rejected(cell):
    return [(piece.text, piece.reason) for piece in read_cell(cell).rejected]
