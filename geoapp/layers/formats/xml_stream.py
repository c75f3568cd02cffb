"""XML as a stream of elements, of any length, in any Chinese encoding, without entities."""

from __future__ import annotations

import re
import xml.parsers.expat as expat
from collections.abc import Callable
from pathlib import Path

from geoapp.layers.formats import charset
from geoapp.layers.formats.charset import Charset
from geoapp.layers.formats.source import Unreadable

_CHUNK = 1 << 20
#: Longest text of one element that is kept; more is told by ``None``.
LONGEST_TEXT = 24_000_000
_DEEPEST = 200
_ENCODING = re.compile(rb"""<\?xml[^>]*encoding\s*=\s*["']([\w.-]+)["']""")


def xml_charset(path: Path, encoding: str) -> tuple[Charset, list[str]]:
    """Encoding in force: said, stated by the XML header if the text bears it out, else told from the text."""
    if encoding:
        return charset.named(encoding), []
    with path.open("rb") as stream:
        head = stream.read(256_000)
    stated = _ENCODING.search(head[:200])
    sample = b"\n".join(line[:4000] for line in head.split(b"\n")[:-1] if not line.isascii())[:64_000]
    if stated is None:
        return charset.detect_file(path), []
    name = stated[1].decode("ascii")
    if charset.reads_well(sample, charset.named(name).encoding):
        return Charset(charset.named(name).encoding, "XML 文件头"), []
    found = charset.detect(sample)
    return found, [f"XML 文件头写的是 {name}，与内容不符，改按 {found.encoding.upper()} 读取；请核对名称示例"]


def parse(
    path: Path,
    *,
    encoding: str,
    start: Callable[[str, dict[str, str]], None],
    end: Callable[[str, str | None], None],
) -> None:
    """Call ``start`` and ``end`` for every element, names without their namespace; text is None when over-long.

    Raises
    ------
    Unreadable : no XML, cut off, entities declared, or nested without end
    """
    parser = expat.ParserCreate()
    texts: list[list[str]] = []
    sizes: list[int] = []

    def opened(name: str, attributes: dict[str, str]) -> None:
        if len(texts) >= _DEEPEST:
            raise Unreadable(f"文件 {path.name} 的 XML 嵌套过深，不是地图数据；请核对文件。")
        texts.append([])
        sizes.append(0)
        start(name.rpartition(":")[2], attributes)

    def closed(name: str) -> None:
        text = None if sizes.pop() > LONGEST_TEXT else "".join(texts[-1])
        texts.pop()
        end(name.rpartition(":")[2], text)

    def wrote(text: str) -> None:
        if texts:
            sizes[-1] += len(text)
            if sizes[-1] <= LONGEST_TEXT:
                texts[-1].append(text)
            else:
                texts[-1].clear()

    def refuse(*_: object) -> None:
        raise Unreadable(f"文件 {path.name} 里声明了 XML 实体，已拒绝；请用制图软件重新导出。")

    parser.StartElementHandler, parser.EndElementHandler = opened, closed
    parser.CharacterDataHandler, parser.EntityDeclHandler = wrote, refuse
    parser.buffer_text = True
    found, _ = xml_charset(path, encoding)
    try:
        with path.open(encoding=found.encoding, errors="replace", newline="") as stream:
            while chunk := stream.read(_CHUNK):
                parser.Parse(chunk.lstrip("\ufeff") if parser.CurrentByteIndex <= 0 else chunk, False)
            parser.Parse("", True)
    except expat.ExpatError as error:
        raise Unreadable(
            f"文件 {path.name} 的 XML 在第 {error.lineno} 行断开或写法有误；请重新导出或重新下载。"
        ) from None
