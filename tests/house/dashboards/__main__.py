from tests.house.dashboards.frame import FOLDER, boards, written

if __name__ == "__main__":
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, board in boards().items():
        (FOLDER / f"{name}.json").write_text(written(name, board), encoding="utf-8")
