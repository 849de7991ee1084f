def write(results, scenario):
    pass
