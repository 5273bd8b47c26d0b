/* How far a ball flies with drag, by the classical Runge-Kutta method.
 *
 * Reads angle (degrees), speed (m/s) and the number of steps a second from input.txt; writes
 * out.csv (range, apex, steps) and, while it runs, curve.csv (time, range so far). */
#include <math.h>
#include <stdio.h>

typedef struct { double x, y, u, v; } State;

static State slope(State s) {
    const double gravity = 9.81, drag = 0.012, wind = -6.0;
    double u = s.u - wind, speed = sqrt(u * u + s.v * s.v);
    return (State){s.u, s.v, -drag * speed * u, -gravity - drag * speed * s.v};
}

static State moved(State s, State k, double h) {
    return (State){s.x + h * k.x, s.y + h * k.y, s.u + h * k.u, s.v + h * k.v};
}

static State step(State s, double h) {
    State a = slope(s), b = slope(moved(s, a, h / 2)), c = slope(moved(s, b, h / 2));
    State d = slope(moved(s, c, h));
    State k = {(a.x + 2 * b.x + 2 * c.x + d.x) / 6, (a.y + 2 * b.y + 2 * c.y + d.y) / 6,
               (a.u + 2 * b.u + 2 * c.u + d.u) / 6, (a.v + 2 * b.v + 2 * c.v + d.v) / 6};
    return moved(s, k, h);
}

int main(void) {
    double angle, speed, apex = 0.0;
    int per_second, steps = 0;
    FILE *in = fopen("input.txt", "r");
    if (!in || fscanf(in, "angle %lf speed %lf steps_per_second %d", &angle, &speed, &per_second) != 3) {
        fprintf(stderr, "input.txt: expected angle, speed and steps_per_second\n");
        return 2;
    }
    FILE *curve = fopen("curve.csv", "w"), *out = fopen("out.csv", "w");
    if (!curve || !out) { perror("output"); return 3; }
    double h = 1.0 / per_second, radians = angle * 3.14159265358979323846 / 180.0;
    State now = {0.0, 0.0, speed * cos(radians), speed * sin(radians)}, before = now;
    fprintf(curve, "step,range\n");
    while (now.y >= 0.0) {
        before = now;
        now = step(now, h);
        apex = fmax(apex, now.y);
        if (++steps % per_second == 0) { fprintf(curve, "%d,%.17g\n", steps, now.x); fflush(curve); }
    }
    double share = before.y / (before.y - now.y); /* where the path crosses the ground */
    fprintf(out, "range, apex, steps\n%.17g, %.17g, %d\n", before.x + share * (now.x - before.x), apex, steps);
    return fclose(curve) || fclose(out) ? 4 : 0;
}
